/** What a Pod names, and its node therefore needs to read. */
import type { Pod } from "../../api/core/pod/pod.ts";
import type { Container, Volume } from "../../api/generated/shared.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

export type ReferenceKind = "secret" | "configmap" | "persistentvolumeclaim" | "serviceaccount" | "resourceclaim";

export type Reference = `${ReferenceKind}/${string}`;

const reference = (kind: ReferenceKind, name: string | undefined): Reference[] => (name ? [`${kind}/${name}`] : []);

function ofVolume(volume: DeepReadonly<Volume>, podName: string): Reference[] {
  const { secret, configMap, projected, persistentVolumeClaim, ephemeral, csi } = volume;
  const secretRefs = [volume.cephfs, volume.flexVolume, volume.iscsi, volume.rbd, volume.scaleIO, volume.storageos];
  return [
    ...reference("secret", secret?.secretName),
    ...reference("configmap", configMap?.name),
    ...(projected?.sources ?? []).flatMap((source) => [
      ...reference("secret", source.secret?.name),
      ...reference("configmap", source.configMap?.name),
    ]),
    ...reference("persistentvolumeclaim", persistentVolumeClaim?.claimName),
    ...(ephemeral ? reference("persistentvolumeclaim", `${podName}-${volume.name}`) : []),
    ...reference("secret", csi?.nodePublishSecretRef?.name),
    ...reference("secret", volume.azureFile?.secretName),
    ...secretRefs.flatMap((source) => reference("secret", source?.secretRef?.name)),
  ];
}

const ofContainer = ({ env, envFrom }: DeepReadonly<Pick<Container, "env" | "envFrom">>): Reference[] => [
  ...(env ?? []).flatMap(({ valueFrom }) => [
    ...reference("secret", valueFrom?.secretKeyRef?.name),
    ...reference("configmap", valueFrom?.configMapKeyRef?.name),
  ]),
  ...(envFrom ?? []).flatMap(({ secretRef, configMapRef }) => [
    ...reference("secret", secretRef?.name),
    ...reference("configmap", configMapRef?.name),
  ]),
];

/** Everything is in the Pod's own namespace. A mirror Pod names nothing: the kubelet could grant itself anything with one. */
export function podReferences({ metadata, spec, status }: DeepReadonly<Pod>): ReadonlySet<Reference> {
  if (metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) return new Set();
  return new Set([
    ...reference("serviceaccount", spec.serviceAccountName),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }) => reference("secret", name)),
    ...(spec.initContainers ?? []).flatMap(ofContainer),
    ...spec.containers.flatMap(ofContainer),
    ...(spec.ephemeralContainers ?? []).flatMap(ofContainer),
    ...(spec.volumes ?? []).flatMap((volume) => ofVolume(volume, metadata.name)),
    ...(spec.resourceClaims ?? []).flatMap(({ resourceClaimName }) => reference("resourceclaim", resourceClaimName)),
    ...(status?.resourceClaimStatuses ?? []).flatMap(({ resourceClaimName }) => reference("resourceclaim", resourceClaimName)),
  ]);
}
