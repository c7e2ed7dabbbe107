/** Which level a namespace asks for, and what a Pod has against it. https://kubernetes.io/docs/concepts/security/pod-security-admission/ */
import { baselineChecks } from "./baseline.ts";
import type { Check, CheckedPod } from "./check.ts";
import { restrictedChecks } from "./restricted.ts";

export type Level = "privileged" | "baseline" | "restricted";
export interface LevelVersion {
  level: Level;
  version: string;
}

const LABEL = "pod-security.kubernetes.io/";
const LEVELS: readonly Level[] = ["privileged", "baseline", "restricted"];
const VERSION = /^(latest|v1\.(0|[1-9]\d*))$/;

export interface Policy {
  enforce: LevelVersion;
  warn: LevelVersion;
}

/** A label that says nothing known counts as the strictest level, so that a typing error opens nothing. */
function levelOf(labels: Readonly<Record<string, string>>, mode: string): LevelVersion | undefined {
  const level = labels[LABEL + mode];
  if (level === undefined) return undefined;
  const version = labels[`${LABEL}${mode}-version`] ?? "latest";
  const known = LEVELS.find((each) => each === level);
  return { level: known ?? "restricted", version: VERSION.test(version) ? version : "latest" };
}

/** Without a level of its own, one is warned of what would be refused. */
export function policyOf(labels: Readonly<Record<string, string>>): Policy {
  const enforce = levelOf(labels, "enforce") ?? { level: "privileged", version: "latest" };
  return { enforce, warn: levelOf(labels, "warn") ?? enforce };
}

/** What is wrong with the labels of a namespace: the label and why. */
export function* labelErrors(
  labels: Readonly<Record<string, string>>,
): Iterable<{ label: string; value: string; detail: string }> {
  for (const mode of ["enforce", "audit", "warn"]) {
    const level = labels[LABEL + mode];
    if (level !== undefined && !LEVELS.some((each) => each === level))
      yield { label: LABEL + mode, value: level, detail: "must be one of privileged, baseline, restricted" };
    const version = labels[`${LABEL}${mode}-version`];
    if (version !== undefined && !VERSION.test(version))
      yield { label: `${LABEL}${mode}-version`, value: version, detail: 'must be "latest" or "v1.x"' };
  }
}

function checksOf(level: Level): readonly Check[] {
  if (level === "privileged") return [];
  if (level === "baseline") return baselineChecks;
  return [...baselineChecks.filter(({ id }) => !restrictedChecks.some(({ replaces }) => replaces === id)), ...restrictedChecks];
}

/** `"LEVEL:VERSION": REASON (DETAIL), …`; undefined where the Pod is as the level wants it. */
export function violations({ level, version }: LevelVersion, pod: CheckedPod): string | undefined {
  const found = checksOf(level).flatMap((check) => check.run(pod) ?? []);
  if (found.length === 0) return undefined;
  return `"${level}:${version}": ${found.map(({ reason, detail }) => `${reason} (${detail})`).join(", ")}`;
}
