/**
 * What of a Pod may change once it exists: images, activeDeadlineSeconds, tolerations (more of them), and the grace period when it
 * was negative; gated Pods may narrow where they run.
 * https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement
 */
import { deepEqual } from "../../../../base/deep-equal.ts";
import type { DeepReadonly } from "../../../../base/readonly.ts";
import type { Pod } from "../../../generated/core-v1.ts";
import type { Container, PodSpec, Toleration } from "../../../generated/shared.ts";
import { numberOf } from "../../../integer.ts";
import type { Report } from "../../../validation-report.ts";
import { qosClassOf } from "../qos.ts";
import { validateEphemeralContainers } from "./containers.ts";
import { validateResources } from "./resources.ts";

const UPDATABLE =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

type Spec = DeepReadonly<PodSpec>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const same = deepEqual;

const withoutImages = (containers: DeepReadonly<Container[]> | undefined): unknown =>
  containers?.map(({ image: _image, ...rest }) => rest);

/** Old tolerations stay, but their seconds may change; others may be added. */
function validateTolerationChanges(spec: Spec, previous: Spec, report: Report): boolean {
  const keys = ({ tolerationSeconds: _seconds, ...rest }: DeepReadonly<Toleration>): unknown => rest;
  const now = (spec.tolerations ?? []).map(keys);
  const kept = (previous.tolerations ?? []).every((toleration) => now.some((each) => same(each, keys(toleration))));
  if (!kept) report.at("tolerations").forbidden("existing toleration can not be modified except its tolerationSeconds");
  return kept;
}

function validateDeadline(spec: Spec, previous: Spec, report: Report): void {
  const [now, before] = [spec.activeDeadlineSeconds, previous.activeDeadlineSeconds];
  if (before === undefined || deepEqual(now, before)) return;
  const here = report.at("activeDeadlineSeconds");
  if (now === undefined) here.invalid(now, "must not update from a positive integer to nil value");
  else if (numberOf(now) > numberOf(before)) here.invalid(now, "must be less than or equal to previous value");
}

/** The spec with everything that may differ taken from before. */
function withFreedom(spec: Spec, previous: Spec): unknown {
  const free: Mutable<Spec> = { ...spec };
  if (previous.activeDeadlineSeconds === undefined) delete free.activeDeadlineSeconds;
  else free.activeDeadlineSeconds = previous.activeDeadlineSeconds;
  if (previous.tolerations === undefined) delete free.tolerations;
  else free.tolerations = previous.tolerations;
  if (spec.terminationGracePeriodSeconds === 1 && (numberOf(previous.terminationGracePeriodSeconds) ?? 0) < 0) {
    free.terminationGracePeriodSeconds = previous.terminationGracePeriodSeconds;
  }
  if (previous.schedulingGates?.length) releaseGated(free, spec, previous);
  return { ...free, containers: withoutImages(spec.containers), initContainers: withoutImages(spec.initContainers) };
}

/** While a Pod is gated, gates may go, and where it may run may become narrower. */
function releaseGated(free: Mutable<Spec>, spec: Spec, previous: Spec): void {
  free.schedulingGates = previous.schedulingGates ?? [];
  const keeps = Object.entries(previous.nodeSelector ?? {}).every(([key, value]) => spec.nodeSelector?.[key] === value);
  if (keeps) {
    if (previous.nodeSelector === undefined) delete free.nodeSelector;
    else free.nodeSelector = previous.nodeSelector;
  }
  const before = previous.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (before === undefined && spec.affinity?.nodeAffinity) {
    if (previous.affinity === undefined) delete free.affinity;
    else free.affinity = previous.affinity;
  }
}

function validateGateChanges(spec: Spec, previous: Spec, report: Report): void {
  const before = new Set((previous.schedulingGates ?? []).map(({ name }) => name));
  spec.schedulingGates?.forEach(({ name }, index) => {
    if (!before.has(name))
      report.at("schedulingGates", index).forbidden(`only deletion is allowed, but found new scheduling gate '${name}'`);
  });
}

export function validatePodUpdate(pod: DeepReadonly<Pod>, previous: DeepReadonly<Pod>, report: Report): void {
  const spec = report.at("spec");
  for (const field of ["initContainers", "containers"] as const) {
    if ((pod.spec[field]?.length ?? 0) !== (previous.spec[field]?.length ?? 0))
      return spec.at(field).forbidden("pod updates may not add or remove containers");
    pod.spec[field]?.forEach(({ image }, index) => {
      if (!image) spec.at(field, index, "image").required();
    });
  }
  validateDeadline(pod.spec, previous.spec, spec);
  validateGateChanges(pod.spec, previous.spec, spec);
  if (!validateTolerationChanges(pod.spec, previous.spec, spec)) return;
  const before = {
    ...previous.spec,
    containers: withoutImages(previous.spec.containers),
    initContainers: withoutImages(previous.spec.initContainers),
  };
  if (!same(withFreedom(pod.spec, previous.spec), before)) spec.forbidden(UPDATABLE);
}

/** PUT or PATCH of pods/ephemeralcontainers: they may be added, and never change again. */
export function validateEphemeralUpdate(pod: DeepReadonly<Pod>, previous: DeepReadonly<Pod>, report: Report): void {
  const spec = report.at("spec");
  validateEphemeralContainers(pod.spec, spec);
  const now = new Map((pod.spec.ephemeralContainers ?? []).map((container) => [container.name, container]));
  for (const container of previous.spec.ephemeralContainers ?? []) {
    const kept = now.get(container.name);
    if (!kept) spec.at("ephemeralContainers").forbidden(`existing ephemeral containers "${container.name}" may not be removed\n`);
    else if (!same(kept, container))
      spec.at("ephemeralContainers").forbidden(`existing ephemeral containers "${container.name}" may not be changed\n`);
  }
}

const RESIZABLE: ReadonlySet<string> = new Set(["cpu", "memory"]);

type Resources = DeepReadonly<Container["resources"]> | undefined;

/** What of a container's resources stays as it is. */
const fixed = (resources: Resources): unknown =>
  [resources?.limits, resources?.requests].map((list) => Object.entries(list ?? {}).filter(([name]) => !RESIZABLE.has(name)));

/** A limit or a request that is there may change, but not go. */
function validateKept(now: Resources, before: Resources, report: Report): void {
  for (const kind of ["limits", "requests"] as const) {
    const gone = Object.keys(before?.[kind] ?? {}).some((name) => RESIZABLE.has(name) && now?.[kind]?.[name] === undefined);
    if (gone) report.at(kind).forbidden(`resource ${kind} cannot be removed`);
  }
}

/** PUT or PATCH of pods/resize: cpu and memory of containers, within the same quality of service. */
export function validateResize(pod: DeepReadonly<Pod>, previous: DeepReadonly<Pod>, report: Report): void {
  const spec = report.at("spec");
  pod.spec.containers.forEach(({ resources }, index) => {
    validateResources(resources, spec.at("containers", index, "resources"));
  });
  for (const list of ["containers", "initContainers"] as const)
    pod.spec[list]?.forEach(({ resources }, index) => {
      validateKept(resources, previous.spec[list]?.[index]?.resources, spec.at(list, index, "resources"));
    });
  validateKept(pod.spec.resources, previous.spec.resources, spec.at("resources"));
  const others = ({ containers, initContainers }: Spec): unknown =>
    [containers, initContainers].map((list) => list?.map(({ resources }) => fixed(resources)));
  if (!same(others(pod.spec), others(previous.spec))) spec.forbidden("only cpu and memory resources are mutable");
  if (qosClassOf(pod.spec) !== previous.status.qosClass)
    spec.invalid(pod.status.qosClass, "Pod QOS Class may not change as a result of resizing");
}
