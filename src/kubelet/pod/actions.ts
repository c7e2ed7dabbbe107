/**
 * What it takes to get from what the runtime has of a Pod to what the Pod asks for. Pure: all policy about sandboxes, init
 * containers, sidecars, restarts and failed probes is here.
 *
 * Init containers run one after the other; a sidecar among them holds the next back until it has started, and is started again
 * whenever it ends. Once an app container was created, the Pod counts as initialized for good.
 * https://kubernetes.io/docs/concepts/workloads/pods/init-containers/ and .../sidecar-containers/
 */
import { containerHash, HASH_ANNOTATION } from "../config/container-hash.ts";
import type { ContainerStatus } from "../runtime/runtime.ts";
import {
  allContainers,
  ephemeralContainers,
  isOnHostNetwork,
  isSidecar,
  type NamedContainer,
  type PodContainer,
  type ReadonlyPod,
} from "./containers.ts";
import { restartsAfter, restartsAll, restartsWhenKilled } from "./restart-policy.ts";
import { type RuntimePod, statusOf } from "./runtime-pod.ts";

/** What probes have said of a running container. */
export interface ProbeVerdicts {
  /** Its startup probe has succeeded, or it has none. */
  started(containerId: string, container: PodContainer): boolean;
  /** The probe that failed for good, where one did. */
  failed(containerId: string): "liveness" | "startup" | undefined;
}

/** What planning asks about running containers. */
export interface Verdicts extends ProbeVerdicts {
  /** Whether it has to be changed, or started anew, to have the resources that it is to have. */
  resize(containerId: string, container: PodContainer): "restart" | "update" | undefined;
}

export interface ContainerToKill extends NamedContainer {
  id: string;
  message: string;
  /** The probe because of which it is killed. */
  because: "liveness" | "startup" | undefined;
}

export interface PodActions {
  /** Nothing is left to run: the Pod has come to its end. */
  finished: boolean;
  /** Present where a sandbox has to be made; what ran in older ones is stopped first. */
  newSandbox: { attempt: number } | undefined;
  /** The sandbox to run in. */
  sandboxId: string | undefined;
  kill: readonly ContainerToKill[];
  /** In this order. */
  start: readonly NamedContainer[];
  /** Everything is stopped and removed, to start anew from the first init container on. */
  restartAll: boolean;
  /** Those that run and are given other resources. */
  resize: readonly (NamedContainer & { id: string })[];
}

interface SandboxNeed {
  changed: boolean;
  attempt: number;
  id: string | undefined;
}

function sandboxNeed(pod: ReadonlyPod, { sandboxes }: RuntimePod): SandboxNeed {
  const [newest] = sandboxes;
  if (newest === undefined) return { changed: true, attempt: 0, id: undefined };
  const ready = sandboxes.filter(({ state }) => state === "Ready").length;
  const usable = newest.state === "Ready" && ready === 1 && (isOnHostNetwork(pod) || newest.ips.length > 0);
  return { changed: !usable, attempt: usable ? newest.metadata.attempt : newest.metadata.attempt + 1, id: newest.id };
}

const IDLE: PodActions = {
  finished: false,
  newSandbox: undefined,
  sandboxId: undefined,
  kill: [],
  start: [],
  restartAll: false,
  resize: [],
};
const FINISHED: PodActions = { ...IDLE, finished: true };

/** Whether the container has ended and stays so. */
const isDone = (pod: ReadonlyPod, container: PodContainer, status: ContainerStatus | undefined): boolean =>
  status?.state === "Exited" && !restartsAfter(pod, container, status.exitCode);

export function planPod(pod: ReadonlyPod, runtimePod: RuntimePod, probes: Verdicts): PodActions {
  const need = sandboxNeed(pod, runtimePod);
  return need.changed ? planNewSandbox(pod, runtimePod, need) : planInSandbox(pod, runtimePod, probes, need.id);
}

function planNewSandbox(pod: ReadonlyPod, runtimePod: RuntimePod, { attempt }: SandboxNeed): PodActions {
  // What never starts again needs no new sandbox either: the old one is gone because everything had ended.
  const unfinished = pod.spec.containers.filter((container) => !isDone(pod, container, statusOf(runtimePod, container.name)));
  const failedInit = (pod.spec.initContainers ?? []).find((container) => {
    const status = statusOf(runtimePod, container.name);
    return !isSidecar(container) && isDone(pod, container, status) && status?.exitCode !== 0;
  });
  if (unfinished.length === 0 || failedInit !== undefined) return FINISHED;
  const [firstInit] = pod.spec.initContainers ?? [];
  const start: NamedContainer[] =
    firstInit === undefined
      ? unfinished.map((container) => ({ container, kind: "app" }))
      : [{ container: firstInit, kind: "init" }];
  return { ...IDLE, newSandbox: { attempt }, start };
}

/** What has been decided so far, and whether the Pod can come to its end. */
interface Plan {
  kill: ContainerToKill[];
  start: NamedContainer[];
  resize: (NamedContainer & { id: string })[];
}

/** Undefined where the running container may go on. */
function killFor(
  pod: ReadonlyPod,
  named: NamedContainer,
  status: ContainerStatus,
  probes: Verdicts,
): ContainerToKill | undefined {
  const { container } = named;
  const because = probes.failed(status.id);
  const hash = status.annotations[HASH_ANNOTATION];
  const isOther = hash !== undefined && hash !== containerHash(container);
  if (because === undefined && !isOther) {
    const needsRestart = probes.resize(status.id, container) === "restart";
    const message = `Container ${container.name} resize requires restart`;
    return needsRestart ? { ...named, id: status.id, message, because: undefined } : undefined;
  }
  const again = isOther || restartsWhenKilled(pod, container);
  const what = isOther ? "definition changed" : `failed ${because} probe`;
  const message = `Container ${container.name} ${what}${again ? ", will be restarted" : ""}`;
  return { ...named, id: status.id, message, because: isOther ? undefined : because };
}

/** A runtime that died in the midst of a start may not know what runs: that ends before the container is started anew. */
function startAgain(plan: Plan, named: NamedContainer, status: ContainerStatus | undefined): void {
  if (status?.state === "Unknown") {
    const message = "Container is in unknown state, try killing it before restart";
    plan.kill.push({ ...named, id: status.id, message, because: undefined });
  }
  plan.start.push(named);
}

/** Adds what an init container needs. `next`: those after it may be looked at. `failed`: the Pod has failed with it. */
function planInit(
  pod: ReadonlyPod,
  container: PodContainer,
  status: ContainerStatus | undefined,
  { probes, initialized, plan }: { probes: Verdicts; initialized: boolean; plan: Plan },
): "next" | "wait" | "failed" {
  const named: NamedContainer = { container, kind: "init" };
  if (isSidecar(container)) {
    if (status?.state !== "Running") {
      startAgain(plan, named, status);
      return initialized ? "next" : "wait";
    }
    const kill = killFor(pod, named, status, probes);
    if (kill !== undefined) {
      plan.kill.push(kill);
      plan.start.push(named);
    } else planResize(named, status, probes, plan);
    return initialized || (kill === undefined && probes.started(status.id, container)) ? "next" : "wait";
  }
  if (initialized) return "next";
  if (status?.state === "Running") {
    planResize(named, status, probes, plan);
    return "wait";
  }
  if (status?.state === "Exited" && status.exitCode === 0) return "next";
  if (isDone(pod, container, status)) return "failed";
  startAgain(plan, named, status);
  return "wait";
}

function planResize(named: NamedContainer, { id }: ContainerStatus, probes: Verdicts, plan: Plan): void {
  if (probes.resize(id, named.container) === "update") plan.resize.push({ ...named, id });
}

/** Adds what an app container needs; true where it goes on or starts. */
function planApp(
  pod: ReadonlyPod,
  container: PodContainer,
  status: ContainerStatus | undefined,
  probes: Verdicts,
  plan: Plan,
): boolean {
  const named: NamedContainer = { container, kind: "app" };
  if (status?.state !== "Running") {
    if (isDone(pod, container, status)) return false;
    startAgain(plan, named, status);
    return true;
  }
  const kill = killFor(pod, named, status, probes);
  if (kill === undefined) {
    planResize(named, status, probes, plan);
    return true;
  }
  plan.kill.push(kill);
  if (kill.because !== undefined && !restartsWhenKilled(pod, container)) return false;
  plan.start.push(named);
  return true;
}

function planInSandbox(pod: ReadonlyPod, runtimePod: RuntimePod, probes: Verdicts, sandboxId: string | undefined): PodActions {
  const plan: Plan = { kill: [], start: [], resize: [] };
  for (const container of ephemeralContainers(pod)) {
    if (statusOf(runtimePod, container.name) === undefined) plan.start.push({ container, kind: "ephemeral" });
  }
  const isTrigger = ({ container, kind }: NamedContainer): boolean => {
    const status = kind === "ephemeral" ? undefined : statusOf(runtimePod, container.name);
    return status?.state === "Exited" && restartsAll(container, status.exitCode);
  };
  if (allContainers(pod).some(isTrigger)) return { ...IDLE, sandboxId, restartAll: true };
  const initialized = pod.spec.containers.some(({ name }) => statusOf(runtimePod, name) !== undefined);
  for (const container of pod.spec.initContainers ?? []) {
    const next = planInit(pod, container, statusOf(runtimePod, container.name), { probes, initialized, plan });
    if (next === "failed") return FINISHED;
    if (next === "wait") return { ...IDLE, sandboxId, ...plan };
  }
  let alive = false;
  for (const container of pod.spec.containers)
    alive = planApp(pod, container, statusOf(runtimePod, container.name), probes, plan) || alive;
  return alive ? { ...IDLE, sandboxId, ...plan } : FINISHED;
}
