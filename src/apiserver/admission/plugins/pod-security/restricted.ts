/** The checks that the level `restricted` adds: current practice of hardening. */
import { addedCapabilities } from "./baseline.ts";
import {
  badContainers,
  type Check,
  type CheckedContainer,
  type CheckedPod,
  containerList,
  containersOf,
  isWindows,
  quoted,
  unique,
  whoList,
} from "./check.ts";

const ADDABLE: ReadonlySet<string> = new Set(["NET_BIND_SERVICE"]);
const VOLUME_TYPES: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

const allowPrivilegeEscalation: Check = {
  id: "allowPrivilegeEscalation",
  run(pod) {
    if (isWindows(pod)) return undefined;
    const names = badContainers(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
    if (names.length === 0) return undefined;
    return {
      reason: "allowPrivilegeEscalation != false",
      detail: `${containerList(names)} must set securityContext.allowPrivilegeEscalation=false`,
    };
  },
};

const capabilities: Check = {
  id: "capabilities_restricted",
  replaces: "capabilities_baseline",
  run(pod) {
    if (isWindows(pod)) return undefined;
    const added = addedCapabilities(pod, ADDABLE);
    const keeping = badContainers(pod, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes("ALL"));
    const details = [
      ...(keeping.length > 0 ? [`${containerList(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
      ...(added === undefined ? [] : [added]),
    ];
    return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") };
  },
};

const restrictedVolumes: Check = {
  id: "restrictedVolumes",
  replaces: "hostPathVolumes",
  run({ spec }) {
    const bad = (spec.volumes ?? []).flatMap((volume) => {
      const type = Object.entries(volume).find(([key, value]) => key !== "name" && value != null)?.[0] ?? "emptyDir";
      return VOLUME_TYPES.has(type) ? [] : [{ name: volume.name, type }];
    });
    if (bad.length === 0) return undefined;
    const types = unique(bad.map(({ type }) => type)).sort();
    const names = bad.map(({ name }) => name);
    const uses = `${names.length === 1 ? "uses" : "use"} restricted volume ${types.length === 1 ? "type" : "types"}`;
    return {
      reason: "restricted volume types",
      detail: `${names.length === 1 ? "volume" : "volumes"} ${quoted(names)} ${uses} ${quoted(types)}`,
    };
  },
};

const runAsNonRoot: Check = {
  id: "runAsNonRoot",
  run(pod) {
    const own = pod.spec.securityContext?.runAsNonRoot;
    const wrong = badContainers(pod, ({ securityContext }) => securityContext?.runAsNonRoot === false);
    const silent = badContainers(pod, ({ securityContext }) => securityContext?.runAsNonRoot == null);
    const badPod = own === false && silent.length > 0;
    const text = "set securityContext.runAsNonRoot";
    if (wrong.length > 0 || badPod)
      return { reason: "runAsNonRoot != true", detail: `${whoList(own === false, wrong)} must not ${text}=false` };
    if (own === true || silent.length === 0) return undefined;
    return { reason: "runAsNonRoot != true", detail: `pod or ${containerList(silent)} must ${text}=true` };
  },
};

const runAsUser: Check = {
  id: "runAsUser",
  run(pod: CheckedPod) {
    const isPod = pod.spec.securityContext?.runAsUser === 0;
    const names = badContainers(pod, ({ securityContext }) => securityContext?.runAsUser === 0);
    return isPod || names.length > 0
      ? { reason: "runAsUser=0", detail: `${whoList(isPod, names)} must not set runAsUser=0` }
      : undefined;
  },
};

const seccompProfile: Check = {
  id: "seccompProfile_restricted",
  replaces: "seccompProfile_baseline",
  run(pod) {
    if (isWindows(pod)) return undefined;
    const isGood = (type: string | undefined): boolean => type === "RuntimeDefault" || type === "Localhost";
    const own = pod.spec.securityContext?.seccompProfile?.type;
    const typeOf = ({ securityContext }: CheckedContainer): string | undefined => securityContext?.seccompProfile?.type;
    const wrong = badContainers(pod, (container) => typeOf(container) !== undefined && !isGood(typeOf(container)));
    const silent = badContainers(pod, (container) => typeOf(container) === undefined);
    if (wrong.length > 0 || (own !== undefined && !isGood(own))) {
      const types = unique(
        [own, ...containersOf(pod).map(typeOf)].filter((type): type is string => type !== undefined && !isGood(type)),
      );
      return {
        reason: "seccompProfile",
        detail: `${whoList(own !== undefined && !isGood(own), wrong)} must not set securityContext.seccompProfile.type to ${quoted(types.sort())}`,
      };
    }
    if (isGood(own) || silent.length === 0) return undefined;
    return {
      reason: "seccompProfile",
      detail: `pod or ${containerList(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
    };
  },
};

/** In the order of their ids. */
export const restrictedChecks: readonly Check[] = [
  allowPrivilegeEscalation,
  capabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompProfile,
];
