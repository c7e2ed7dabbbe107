/**
 * What simulated containers do: the annotation `timonier.io/behaviour` of their Pod, by container name, as JSON.
 *
 *     {"main": {"runs": [{"exitAfter": 0.5, "exitCode": 1}, {}], "onTerm": {"exitCode": 0}, "readinessProbe": [[0, "fail"], [3, "ok"]]}}
 *
 * `runs` has one entry a run, the last one repeats; without `exitAfter` a container runs until told to stop. `byIndex` has the same
 * by completion index of a Job (`*`: any other). `onTerm` is what it does on SIGTERM: end with a code at once, or `ignored`.
 */
export const BEHAVIOUR_ANNOTATION = "timonier.io/behaviour";
/** Where a Job's Pods carry their completion index. */
const INDEX_ANNOTATION = "batch.kubernetes.io/job-completion-index";

export type OnTerm = { exitCode: number } | "ignored";

export interface Run {
  /** Seconds after the start. */
  exitAfter?: number;
  exitCode?: number;
  /** Seconds until it uses more memory than it may. */
  memoryOverLimitAfter?: number;
  /** What it writes to its termination message file and to stdout. */
  terminationLog?: string;
  log?: string;
  onTerm?: OnTerm;
  /** It cannot be started; the runtime's words. */
  startError?: string;
}

/** Seconds since the start, and the result from then on: `ok`, `fail`, `timeout`, `refused`, `status N`. */
export type ProbeScript = readonly (readonly [number, string])[];

export type ProbeKind = "startup" | "readiness" | "liveness";

export interface Behaviour {
  runs?: readonly Run[];
  byIndex?: Readonly<Record<string, Run | readonly Run[]>>;
  onTerm?: OnTerm;
  startupProbe?: ProbeScript;
  readinessProbe?: ProbeScript;
  livenessProbe?: ProbeScript;
  /** Ports on which it listens; tells nothing where absent. */
  listens?: readonly number[];
  /** What it does on another signal: `onSignal USR1`. */
  [onSignal: `onSignal ${string}`]: { exitCode: number };
}

/** Of one container; empty where the annotation says nothing that can be read. */
export function behaviourOf(annotations: Readonly<Record<string, string>>, container: string): Behaviour {
  const text = annotations[BEHAVIOUR_ANNOTATION];
  if (text === undefined) return {};
  try {
    const all: unknown = JSON.parse(text);
    const own = typeof all === "object" && all !== null ? (all as Record<string, unknown>)[container] : undefined;
    return typeof own === "object" && own !== null ? (own as Behaviour) : {};
  } catch {
    return {};
  }
}

/** What the container does in its run number `attempt`. */
export function runOf(behaviour: Behaviour, annotations: Readonly<Record<string, string>>, attempt: number): Run {
  const index = annotations[INDEX_ANNOTATION] ?? "";
  const indexed = behaviour.byIndex?.[index] ?? behaviour.byIndex?.["*"];
  const runs = indexed === undefined ? (behaviour.runs ?? []) : Array.isArray(indexed) ? indexed : [indexed as Run];
  const run: Run = runs[Math.min(attempt, runs.length - 1)] ?? {};
  return run.onTerm === undefined && behaviour.onTerm !== undefined ? { ...run, onTerm: behaviour.onTerm } : run;
}

/** What a probe finds `elapsedMs` after the start; undefined where the behaviour does not say. */
export function probeResult(behaviour: Behaviour, kind: ProbeKind, elapsedMs: number): string | undefined {
  const script = behaviour[`${kind}Probe`];
  return script?.findLast(([seconds]) => seconds * 1000 <= elapsedMs)?.[1];
}
