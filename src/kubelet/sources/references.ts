/** Which ConfigMaps and Secrets a Pod refers to, in its volumes, environment and pull secrets. */
import type { Volume } from "../../api/generated/shared.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { allContainers, type ReadonlyPod } from "../pod/containers.ts";
import type { ObjectReference, ReferencedKind } from "./objects.ts";

function* volumeReferences(volume: DeepReadonly<Volume>): Generator<ObjectReference> {
  const { configMap, secret, projected } = volume;
  if (configMap?.name) yield { kind: "configmap", name: configMap.name };
  if (secret?.secretName) yield { kind: "secret", name: secret.secretName };
  for (const source of projected?.sources ?? []) {
    if (source.configMap?.name) yield { kind: "configmap", name: source.configMap.name };
    if (source.secret?.name) yield { kind: "secret", name: source.secret.name };
  }
}

function* all(pod: ReadonlyPod): Generator<ObjectReference> {
  for (const volume of pod.spec.volumes ?? []) yield* volumeReferences(volume);
  for (const { container } of allContainers(pod)) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      if (configMapRef?.name) yield { kind: "configmap", name: configMapRef.name };
      if (secretRef?.name) yield { kind: "secret", name: secretRef.name };
    }
    for (const { valueFrom } of container.env ?? []) {
      if (valueFrom?.configMapKeyRef?.name) yield { kind: "configmap", name: valueFrom.configMapKeyRef.name };
      if (valueFrom?.secretKeyRef?.name) yield { kind: "secret", name: valueFrom.secretKeyRef.name };
    }
  }
  for (const { name } of pod.spec.imagePullSecrets ?? []) if (name) yield { kind: "secret", name };
}

/** Each once. */
export function referencesOf(pod: ReadonlyPod): ObjectReference[] {
  const seen = new Map<string, ObjectReference>();
  for (const reference of all(pod)) seen.set(`${reference.kind satisfies ReferencedKind} ${reference.name}`, reference);
  return [...seen.values()];
}
