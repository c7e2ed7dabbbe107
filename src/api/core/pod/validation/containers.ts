/** Field errors of containers of every kind: init, app and ephemeral ones. */
import type { DeepReadonly } from "../../../../base/readonly.ts";
import type { Container, ContainerPort, EphemeralContainer, PodSpec, VolumeMount } from "../../../generated/shared.ts";
import { dnsLabelErrors, portNameErrors, portNumberErrors } from "../../../names.ts";
import type { Report } from "../../../validation-report.ts";
import { validateEnvironment, validateEnvironmentSources } from "./environment.ts";
import { type ProbeKind, validateLifecycle, validateProbe } from "./probes.ts";
import { validateResources } from "./resources.ts";
import { validateSecurityContext } from "./security.ts";

type AnyContainer = DeepReadonly<Container | EphemeralContainer>;
type Spec = DeepReadonly<PodSpec>;

const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];
const MESSAGE_POLICIES = ["FallbackToLogsOnError", "File"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const PROBES: readonly ProbeKind[] = ["livenessProbe", "readinessProbe", "startupProbe"];

function validatePorts(ports: DeepReadonly<ContainerPort[]> | undefined, report: Report): void {
  const names = new Set<string>();
  ports?.forEach((port, index) => {
    const here = report.at(index);
    if (port.name) {
      const complaints = portNameErrors(port.name);
      for (const complaint of complaints) here.at("name").invalid(port.name, complaint);
      if (complaints.length === 0 && names.has(port.name)) here.at("name").duplicate(port.name);
      names.add(port.name);
    }
    if (!port.containerPort) here.at("containerPort").required();
    else
      for (const complaint of portNumberErrors(port.containerPort))
        here.at("containerPort").invalid(port.containerPort, complaint);
    if (port.hostPort)
      for (const complaint of portNumberErrors(port.hostPort)) here.at("hostPort").invalid(port.hostPort, complaint);
    if (!port.protocol) here.at("protocol").required();
    else if (!PROTOCOLS.includes(port.protocol)) here.at("protocol").notSupported(port.protocol, PROTOCOLS);
  });
}

const hasBackSteps = (path: string): boolean => path.split("/").includes("..");

function validateMount(mount: DeepReadonly<VolumeMount>, volumes: ReadonlySet<string>, report: Report): void {
  if (!mount.name) report.at("name").required();
  else if (!volumes.has(mount.name)) report.at("name").notFound(mount.name);
  if (!mount.mountPath) report.at("mountPath").required();
  for (const field of ["subPath", "subPathExpr"] as const) {
    const path = mount[field];
    if (!path) continue;
    if (path.startsWith("/")) report.at(field).invalid(path, "must be a relative path");
    if (hasBackSteps(path)) report.at(field).invalid(path, "must not contain '..'");
  }
  if (mount.subPath && mount.subPathExpr)
    report.at("subPathExpr").invalid(mount.subPathExpr, "subPathExpr and subPath are mutually exclusive");
  const { mountPropagation, recursiveReadOnly } = mount;
  const propagations = ["Bidirectional", "HostToContainer", "None"];
  if (mountPropagation && !propagations.includes(mountPropagation))
    report.at("mountPropagation").notSupported(mountPropagation, propagations);
  if (recursiveReadOnly && recursiveReadOnly !== "Disabled" && !mount.readOnly)
    report.at("recursiveReadOnly").forbidden("may only be specified when readOnly is true");
}

function validateMounts(container: AnyContainer, spec: Spec, report: Report): void {
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  const paths = new Set<string>();
  container.volumeMounts?.forEach((mount, index) => {
    const here = report.at("volumeMounts", index);
    validateMount(mount, volumes, here);
    if (paths.has(mount.mountPath)) here.at("mountPath").invalid(mount.mountPath, "must be unique");
    paths.add(mount.mountPath);
  });
  const devices = new Set<string>();
  container.volumeDevices?.forEach((device, index) => {
    const here = report.at("volumeDevices", index);
    if (!device.name) here.at("name").required();
    else if (!volumes.has(device.name)) here.at("name").notFound(device.name);
    if (!device.devicePath) here.at("devicePath").required();
    else if (devices.has(device.devicePath) || paths.has(device.devicePath))
      here.at("devicePath").invalid(device.devicePath, "must be unique");
    devices.add(device.devicePath);
  });
}

/** What containers of all kinds have in common. */
function validateCommon(container: AnyContainer, spec: Spec, report: Report): void {
  if (!container.name) report.at("name").required();
  else for (const complaint of dnsLabelErrors(container.name)) report.at("name").invalid(container.name, complaint);
  const { image = "", imagePullPolicy, terminationMessagePolicy, terminationMessagePath } = container;
  if (image !== "" && image !== image.trim()) report.at("image").invalid(image, "must not have leading or trailing whitespace");
  if (!terminationMessagePath) report.at("terminationMessagePath").required();
  if (!MESSAGE_POLICIES.includes(terminationMessagePolicy))
    report.at("terminationMessagePolicy").notSupported(terminationMessagePolicy, MESSAGE_POLICIES);
  if (!PULL_POLICIES.includes(imagePullPolicy)) report.at("imagePullPolicy").notSupported(imagePullPolicy, PULL_POLICIES);
  validatePorts(container.ports, report.at("ports"));
  validateEnvironment(container.env, report.at("env"));
  validateEnvironmentSources(container.envFrom, report.at("envFrom"));
  validateMounts(container, spec, report);
  validateResources(container.resources, report.at("resources"));
  validateSecurityContext(container.securityContext, report.at("securityContext"));
}

function validateUsual(container: DeepReadonly<Container>, spec: Spec, report: Report): void {
  validateCommon(container, spec, report);
  if (!container.image) report.at("image").required();
}

function validateLife(container: DeepReadonly<Container>, spec: Spec, report: Report): void {
  validateLifecycle(container.lifecycle, spec.terminationGracePeriodSeconds, report.at("lifecycle"));
  for (const probe of PROBES) validateProbe(container[probe], probe, report.at(probe));
}

function validateInitContainer(container: DeepReadonly<Container>, spec: Spec, report: Report): void {
  validateUsual(container, spec, report);
  const isSidecar = container.restartPolicy === "Always";
  if (isSidecar) return validateLife(container, spec, report);
  if (container.lifecycle) report.at("lifecycle").forbidden("may not be set for init containers without restartPolicy=Always");
  for (const probe of PROBES)
    if (container[probe]) report.at(probe).forbidden("may not be set for init containers without restartPolicy=Always");
}

const NOT_EPHEMERAL = ["lifecycle", ...PROBES, "ports", "resources", "resizePolicy"] as const;

export function validateEphemeralContainers(spec: Spec, report: Report): void {
  const names = new Set([...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name));
  spec.ephemeralContainers?.forEach((container, index) => {
    const here = report.at("ephemeralContainers", index);
    validateCommon(container, spec, here);
    if (!container.image) here.at("image").required();
    const { name = "" } = container;
    if (names.has(name)) here.at("name").duplicate(name);
    names.add(name);
    const target = container.targetContainerName;
    if (target && !spec.containers.some(({ name }) => name === target)) here.at("targetContainerName").notFound(target);
    for (const field of NOT_EPHEMERAL) {
      const value: unknown = container[field];
      const isEmpty = value === undefined || (typeof value === "object" && Object.keys(value as object).length === 0);
      if (!isEmpty) here.at(field).forbidden("cannot be set for an Ephemeral Container");
    }
  });
}

/** One port of the host serves one container. */
function validateHostPorts(spec: Spec, report: Report): void {
  const taken = new Set<string>();
  spec.containers.forEach((container, index) => {
    container.ports?.forEach(({ hostPort, hostIP, protocol, containerPort }, port) => {
      const here = report.at("containers", index, "ports", port);
      if (spec.hostNetwork && hostPort !== containerPort)
        here.at("hostPort").invalid(hostPort ?? 0, "must match `containerPort` when `hostNetwork` is true");
      if (!hostPort) return;
      const key = `${protocol}/${hostIP || "0.0.0.0"}/${hostPort}`;
      if (taken.has(key)) here.at("hostPort").duplicate(key);
      taken.add(key);
    });
  });
}

export function validateContainers(spec: Spec, report: Report): void {
  if (!spec.containers?.length) return report.at("containers").required();
  const names = new Set<string>();
  const once = (name: string, here: Report): void => {
    if (name && names.has(name)) here.at("name").duplicate(name);
    names.add(name);
  };
  spec.containers.forEach((container, index) => {
    const here = report.at("containers", index);
    validateUsual(container, spec, here);
    validateLife(container, spec, here);
    once(container.name, here);
  });
  spec.initContainers?.forEach((container, index) => {
    const here = report.at("initContainers", index);
    validateInitContainer(container, spec, here);
    once(container.name, here);
  });
  validateHostPorts(spec, report);
  validateEphemeralContainers(spec, report);
}
