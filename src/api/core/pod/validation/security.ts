/** Field errors of security contexts of containers and Pods. */
import type { DeepReadonly } from "../../../../base/readonly.ts";
import type { PodSecurityContext, SeccompProfile, SecurityContext } from "../../../generated/shared.ts";
import { numberOf } from "../../../integer.ts";
import type { Report } from "../../../validation-report.ts";

const MAX_ID = 2_147_483_647;
const SECCOMP_TYPES = ["Localhost", "RuntimeDefault", "Unconfined"];
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*([a-z0-9][-_a-z0-9]*)?[a-z0-9]$/;
const MAX_SYSCTL_LENGTH = 253;

function validateId(id: number | undefined, report: Report): void {
  const number = numberOf(id) ?? 0;
  if (number < 0 || number > MAX_ID) report.invalid(id, `must be between 0 and ${MAX_ID}, inclusive`);
}

function validateProfile(
  profile: DeepReadonly<Pick<SeccompProfile, "type" | "localhostProfile">> | undefined,
  report: Report,
): void {
  if (!profile) return;
  if (!profile.type) return report.at("type").required("type is required when profile is set");
  if (!SECCOMP_TYPES.includes(profile.type)) report.at("type").notSupported(profile.type, SECCOMP_TYPES);
  if (profile.type === "Localhost" && !profile.localhostProfile)
    report.at("localhostProfile").required("must be set when type is Localhost");
  if (profile.type !== "Localhost" && profile.localhostProfile !== undefined)
    report.at("localhostProfile").invalid(profile.localhostProfile, "may only be set when type is Localhost");
}

export function validateSecurityContext(context: DeepReadonly<SecurityContext> | undefined, report: Report): void {
  if (!context) return;
  validateId(context.runAsUser, report.at("runAsUser"));
  validateId(context.runAsGroup, report.at("runAsGroup"));
  validateProfile(context.seccompProfile, report.at("seccompProfile"));
  validateProfile(context.appArmorProfile, report.at("appArmorProfile"));
  const { procMount, allowPrivilegeEscalation, privileged, capabilities } = context;
  const mounts = ["Default", "Unmasked"];
  if (procMount !== undefined && !mounts.includes(procMount)) report.at("procMount").notSupported(procMount, mounts);
  if (allowPrivilegeEscalation !== false) return;
  if (privileged) report.invalid(context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
  if (capabilities?.add?.some((name) => name === "CAP_SYS_ADMIN" || name === "SYS_ADMIN")) {
    report.invalid(context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
  }
}

export function validatePodSecurityContext(
  context: DeepReadonly<PodSecurityContext> | undefined,
  hostNetwork: boolean,
  hostIPC: boolean,
  report: Report,
): void {
  if (!context) return;
  validateId(context.runAsUser, report.at("runAsUser"));
  validateId(context.runAsGroup, report.at("runAsGroup"));
  validateId(context.fsGroup, report.at("fsGroup"));
  context.supplementalGroups?.forEach((id, index) => {
    validateId(id, report.at("supplementalGroups", index));
  });
  validateProfile(context.seccompProfile, report.at("seccompProfile"));
  validateProfile(context.appArmorProfile, report.at("appArmorProfile"));
  const { fsGroupChangePolicy } = context;
  const policies = ["Always", "OnRootMismatch"];
  if (fsGroupChangePolicy !== undefined && !policies.includes(fsGroupChangePolicy))
    report.at("fsGroupChangePolicy").notSupported(fsGroupChangePolicy, policies);
  const names = new Set<string>();
  context.sysctls?.forEach(({ name }, index) => {
    const here = report.at("sysctls", index);
    if (!name) here.at("name").required();
    else if (name.length > MAX_SYSCTL_LENGTH || !SYSCTL.test(name))
      here.at("name").invalid(name, `must have at most ${MAX_SYSCTL_LENGTH} characters and match regex ${SYSCTL.source}`);
    else if (names.has(name)) here.at("name").duplicate(name);
    names.add(name);
    if (hostNetwork && name.startsWith("net.")) here.at("name").invalid(name, "may not be specified when 'hostNetwork' is true");
    if (
      hostIPC &&
      (name.startsWith("fs.mqueue.") ||
        name.startsWith("kernel.sem") ||
        name.startsWith("kernel.shm") ||
        name.startsWith("kernel.msg"))
    ) {
      here.at("name").invalid(name, "may not be specified when 'hostIPC' is true");
    }
  });
}
