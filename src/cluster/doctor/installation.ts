/** What `timonier doctor --install` does: packages from the machine's package manager, and modules of its kernel. Nothing else. */
import { foreignRepository, installCommands, type Package } from "./distribution.ts";
import type { MachineFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";

export interface Installation {
  /** To be run in this order; each ends before the next begins. */
  readonly commands: readonly (readonly string[])[];
  /** What is missing and cannot be had this way, in words for people. */
  readonly refusals: readonly string[];
}

/** Pure: from what is amiss to what would be run. */
export function planInstallation(facts: MachineFacts, findings: readonly Finding[]): Installation {
  const packages = [...new Set(findings.flatMap((finding) => finding.packages ?? []))];
  const modules = [...new Set(findings.flatMap((finding) => finding.modules ?? []))];
  if (packages.length + modules.length === 0) return { commands: [], refusals: [] };
  if (!facts.machine.root) return { commands: [], refusals: ["packages and modules are root's to install: run it as root"] };
  const own = installable(facts, packages);
  return {
    commands: [...own.commands, ...(modules.length > 0 ? [["modprobe", "-a", ...modules]] : [])],
    refusals: own.refusals,
  };
}

function installable({ distribution }: MachineFacts, packages: readonly Package[]): Installation {
  if (packages.length === 0) return { commands: [], refusals: [] };
  // What this distribution has by itself can be installed even where the rest cannot.
  const foreign = packages.filter((each) => foreignRepository(distribution, [each]) !== undefined);
  const refusal = foreignRepository(distribution, foreign);
  const own = packages.filter((each) => !foreign.includes(each));
  const commands = own.length > 0 ? installCommands(distribution, own) : [];
  if (commands === undefined)
    return {
      commands: [],
      refusals: [`no known package manager on ${distribution.name}: install ${packages.join(", ")} by hand`],
    };
  return { commands, refusals: refusal === undefined ? [] : [refusal] };
}
