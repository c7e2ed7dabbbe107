/**
 * Defaults of Pods and Pod templates that stand in no schema.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
 */
import type {
  Container,
  EnvVar,
  EphemeralContainer,
  HTTPGetAction,
  LifecycleHandler,
  PodSpec,
  PodTemplateSpec,
  Probe,
  ResourceRequirements,
  Volume,
} from "../../generated/shared.ts";
import { canonicalQuantity, parseQuantity } from "../../quantity.ts";

const DEFAULT_FILE_MODE = 0o644;
const NANO_PER_MILLI = 1_000_000n;
/** What may be finer than thousandths; all other amounts need no look. */
const FINER_THAN_MILLI = /[nu]$|[eE]-|\.\d{4}/;
const TOKEN_SECONDS = 3600;
const CONTAINER_PROBES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

/** Sets `object[field]` where it is absent. */
function fill<T extends object, K extends keyof T>(object: T, field: K, value: T[K]): void {
  if (object[field] === undefined || object[field] === null) object[field] = value;
}

/** `latest`, or no tag at all, is pulled anew each time. A digest names one image for good. */
function defaultPullPolicy(image: string | undefined): "Always" | "IfNotPresent" {
  const [name = "", digest] = (image ?? "").split("@");
  const colon = name.lastIndexOf(":");
  const tag = colon > name.lastIndexOf("/") ? name.slice(colon + 1) : digest === undefined ? "latest" : "";
  return tag === "latest" ? "Always" : "IfNotPresent";
}

function defaultHttpGet(action: HTTPGetAction): void {
  if (!action.path) action.path = "/";
  if (!action.scheme) action.scheme = "HTTP";
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet) defaultHttpGet(probe.httpGet);
  if (probe.grpc) fill(probe.grpc, "service", "");
}

function defaultHandler(handler: LifecycleHandler | undefined): void {
  if (handler?.httpGet) defaultHttpGet(handler.httpGet);
}

function defaultEnvironment(env: EnvVar[] | undefined): void {
  for (const { valueFrom } of env ?? []) {
    if (valueFrom?.fieldRef && !valueFrom.fieldRef.apiVersion) valueFrom.fieldRef.apiVersion = "v1";
    if (valueFrom?.fileKeyRef) fill(valueFrom.fileKeyRef, "optional", false);
  }
}

/** What is limited and not asked for is asked for up to the limit. */
function defaultRequests(resources: ResourceRequirements | undefined): void {
  if (!resources?.limits) return;
  for (const [name, limit] of Object.entries(resources.limits)) {
    resources.requests ??= {};
    resources.requests[name] ??= limit;
  }
}

/** Amounts are kept in thousandths: what is finer is rounded up. */
function roundAmounts(amounts: Record<string, string> | undefined): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    if (!FINER_THAN_MILLI.test(amount)) continue;
    const { nano } = parseQuantity(amount);
    if (amounts && nano > 0n && nano % NANO_PER_MILLI !== 0n) amounts[name] = canonicalQuantity(`${nano / NANO_PER_MILLI + 1n}m`);
  }
}

function defaultContainer(container: Container | EphemeralContainer): void {
  if (!container.imagePullPolicy) container.imagePullPolicy = defaultPullPolicy(container.image);
  if (!container.terminationMessagePath) container.terminationMessagePath = "/dev/termination-log";
  if (!container.terminationMessagePolicy) container.terminationMessagePolicy = "File";
  for (const port of container.ports ?? []) if (!port.protocol) port.protocol = "TCP";
  for (const name of CONTAINER_PROBES) {
    const probe = container[name];
    if (probe) defaultProbe(probe);
  }
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
  defaultEnvironment(container.env);
  roundAmounts(container.resources?.limits);
  roundAmounts(container.resources?.requests);
}

function defaultProjected(volume: NonNullable<Volume["projected"]>): void {
  fill(volume, "defaultMode", DEFAULT_FILE_MODE);
  for (const { serviceAccountToken, downwardAPI } of volume.sources ?? []) {
    if (serviceAccountToken) fill(serviceAccountToken, "expirationSeconds", TOKEN_SECONDS);
    for (const { fieldRef } of downwardAPI?.items ?? []) if (fieldRef && !fieldRef.apiVersion) fieldRef.apiVersion = "v1";
  }
}

function defaultNetworkVolume(volume: Volume): void {
  const { iscsi, rbd, azureDisk, scaleIO } = volume;
  if (iscsi && !iscsi.iscsiInterface) iscsi.iscsiInterface = "default";
  if (rbd) {
    rbd.pool ||= "rbd";
    rbd.user ||= "admin";
    rbd.keyring ||= "/etc/ceph/keyring";
  }
  if (azureDisk) {
    fill(azureDisk, "cachingMode", "ReadWrite");
    fill(azureDisk, "kind", "Shared");
    fill(azureDisk, "fsType", "ext4");
    fill(azureDisk, "readOnly", false);
  }
  if (scaleIO) {
    scaleIO.storageMode ||= "ThinProvisioned";
    scaleIO.fsType ||= "xfs";
  }
}

/** A volume that names no source is an empty directory. */
function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((field) => field === "name")) volume.emptyDir = {};
  if (volume.secret) fill(volume.secret, "defaultMode", DEFAULT_FILE_MODE);
  if (volume.configMap) fill(volume.configMap, "defaultMode", DEFAULT_FILE_MODE);
  if (volume.downwardAPI) {
    fill(volume.downwardAPI, "defaultMode", DEFAULT_FILE_MODE);
    for (const { fieldRef } of volume.downwardAPI.items ?? []) if (fieldRef && !fieldRef.apiVersion) fieldRef.apiVersion = "v1";
  }
  if (volume.projected) defaultProjected(volume.projected);
  if (volume.hostPath) fill(volume.hostPath, "type", "");
  if (volume.ephemeral?.volumeClaimTemplate) fill(volume.ephemeral.volumeClaimTemplate.spec, "volumeMode", "Filesystem");
  if (volume.image && !volume.image.pullPolicy) volume.image.pullPolicy = defaultPullPolicy(volume.image.reference);
  defaultNetworkVolume(volume);
}

/** What a Pod and a template have in common. Requests are completed in Pods only: a template shows what was written. */
function defaultPodSpec(spec: PodSpec): void {
  if (!spec.restartPolicy) spec.restartPolicy = "Always";
  if (!spec.dnsPolicy) spec.dnsPolicy = "ClusterFirst";
  if (!spec.schedulerName) spec.schedulerName = "default-scheduler";
  fill(spec, "terminationGracePeriodSeconds", 30);
  fill(spec, "securityContext", {});
  // The older name of the field shows the same.
  if (!spec.serviceAccountName && spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else delete spec.serviceAccount;
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

export const defaultPodTemplate = ({ spec }: PodTemplateSpec): void => defaultPodSpec(spec);

/** Containers in the network of the host listen on the host's ports. */
function defaultHostPorts(spec: PodSpec): void {
  for (const { ports } of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    for (const port of ports ?? []) if (!port.hostPort) port.hostPort = port.containerPort;
  }
}

/** Requests of the Pod itself: what its limits and its containers leave open. */
function defaultPodRequests(spec: PodSpec): void {
  const { resources } = spec;
  if (!resources) return;
  for (const [name, limit] of Object.entries(resources.limits ?? {})) {
    const fromContainers = (spec.containers ?? []).some((container) => container.resources?.requests?.[name] !== undefined);
    if (fromContainers) continue;
    resources.requests ??= {};
    resources.requests[name] ??= limit;
  }
}

export function defaultPod(spec: PodSpec): void {
  defaultPodSpec(spec);
  for (const { resources } of spec.initContainers ?? []) defaultRequests(resources);
  for (const { resources } of spec.containers ?? []) defaultRequests(resources);
  defaultPodRequests(spec);
  fill(spec, "enableServiceLinks", true);
  if (spec.hostNetwork) defaultHostPorts(spec);
}
