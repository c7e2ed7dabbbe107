/**
 * What makes the Pods of a StatefulSet stable: names by ordinal, claims by name, a host name. Pure.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-identity
 */
import type { StatefulSet } from "../../api/apps/stateful-set.ts";
import type { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import type { Pod } from "../../api/core/pod/pod.ts";
import type { PodTemplateSpec } from "../../api/generated/shared.ts";
import type { Draft } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { podFrom } from "../pod-control.ts";

export type ReadonlySet = DeepReadonly<StatefulSet>;
export type ReadonlyPod = DeepReadonly<Pod>;

export const REVISION = "controller-revision-hash";
const POD_NAME = "statefulset.kubernetes.io/pod-name";
const POD_INDEX = "apps.kubernetes.io/pod-index";

export const podName = ({ metadata }: ReadonlySet, ordinal: number): string => `${metadata.name}-${ordinal}`;

/** -1 for a name that is none of this set's. */
export function ordinalOf(set: ReadonlySet, { metadata }: ReadonlyPod): number {
  const prefix = `${set.metadata.name}-`;
  const text = metadata.name.startsWith(prefix) ? metadata.name.slice(prefix.length) : "";
  return /^\d+$/.test(text) ? Number(text) : -1;
}

const claimName = (template: string, set: ReadonlySet, ordinal: number): string => `${template}-${podName(set, ordinal)}`;

/** The claims of one Pod, as they are made where they are missing. */
export function claimsOf(set: ReadonlySet, ordinal: number): Draft<PersistentVolumeClaim>[] {
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name: claimName(metadata.name, set, ordinal),
      namespace: set.metadata.namespace ?? "",
      labels: { ...metadata.labels, ...set.spec.selector?.matchLabels },
      ...(metadata.annotations ? { annotations: { ...metadata.annotations } } : {}),
    },
    spec: spec as Draft<PersistentVolumeClaim["spec"]>,
  })) as Draft<PersistentVolumeClaim>[];
}

/** The Pod of an ordinal, made from the template of a revision. */
export function memberPod(
  set: ReadonlySet,
  ordinal: number,
  { template, revision }: { template: DeepReadonly<PodTemplateSpec>; revision: string },
): Draft<Pod> {
  const name = podName(set, ordinal);
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
  const volumes = (template.spec?.volumes ?? []).filter((volume) => !claims.includes(volume.name));
  const claimed = claims.map((claim) => ({
    name: claim,
    persistentVolumeClaim: { claimName: claimName(claim, set, ordinal) },
  }));
  const pod = podFrom(set, template, {
    name,
    labels: { [POD_NAME]: name, [POD_INDEX]: String(ordinal), [REVISION]: revision },
    spec: {
      hostname: name,
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      ...(claims.length === 0 ? {} : { volumes: [...claimed, ...volumes] as Draft<Pod["spec"]["volumes"]> }),
    } as DeepReadonly<Draft<Pod["spec"]>>,
  });
  if (pod.metadata) pod.metadata.generateName = `${set.metadata.name}-`;
  return pod;
}
