/** All that `timonier doctor` looks at, in the order in which it is told. */
import type { MachineFacts } from "../facts.ts";
import type { Finding } from "../finding.ts";
import { checkCgroups } from "./cgroups.ts";
import { checkConflicts } from "./conflicts.ts";
import { checkFirewall } from "./firewall.ts";
import { checkKernel } from "./kernel.ts";
import { checkNetwork } from "./network.ts";
import { checkPackages } from "./packages.ts";
import { checkPrivileges } from "./privileges.ts";
import { checkResources } from "./resources.ts";

/** Takes facts and answers findings: nothing is read or changed. */
const CHECKS: readonly ((facts: MachineFacts) => Finding[])[] = [
  checkPrivileges,
  checkPackages,
  checkKernel,
  checkCgroups,
  checkNetwork,
  checkFirewall,
  checkConflicts,
  checkResources,
];

export const checkMachine = (facts: MachineFacts): Finding[] => CHECKS.flatMap((check) => check(facts));
