/** What a check says. */
import type { Package } from "./distribution.ts";

/** `fail`: real containers cannot run or cannot reach each other. `warn`: something will be missed. */
export type Level = "pass" | "warn" | "fail";

export type Area = "privileges" | "packages" | "kernel" | "cgroups" | "network" | "firewall" | "conflicts" | "resources";

export interface Finding {
  readonly area: Area;
  /** What was looked at, in a word or two; unique. */
  readonly name: string;
  readonly level: Level;
  /** What is, in one sentence. */
  readonly what: string;
  /** Why that matters; where something is amiss. */
  readonly why?: string;
  /** How to get it; where something is amiss. */
  readonly how?: string;
  /** What `--install` would install or load. */
  readonly packages?: readonly Package[];
  readonly modules?: readonly string[];
}

/** The findings of one area, made one by one. */
export function report(area: Area) {
  return {
    pass: (name: string, what: string): Finding => ({ area, name, level: "pass", what }),
    warn: (name: string, what: string, why: string, how: string): Finding => ({ area, name, level: "warn", what, why, how }),
    fail: (name: string, what: string, why: string, how: string): Finding => ({ area, name, level: "fail", what, why, how }),
  };
}

export const worst = (findings: readonly Finding[]): Level =>
  findings.some(({ level }) => level === "fail") ? "fail" : findings.some(({ level }) => level === "warn") ? "warn" : "pass";
