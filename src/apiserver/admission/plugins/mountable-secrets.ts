/**
 * The old restriction of an account to the Secrets that it lists, where its annotation asks for it.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/#enforce-mountable-secrets
 */
import type { Pod } from "../../../api/core/pod/pod.ts";
import type { ServiceAccount } from "../../../api/core/service-account.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";

const ANNOTATION = "kubernetes.io/enforce-mountable-secrets";

/** Why the Pod may not use one of its Secrets; undefined where it may. */
export function secretComplaint(account: DeepReadonly<ServiceAccount>, { spec }: DeepReadonly<Pod>): string | undefined {
  if (account.metadata.annotations?.[ANNOTATION] !== "true") return undefined;
  const { name } = account.metadata;
  const mountable = new Set((account.secrets ?? []).map((secret) => secret.name));
  for (const { secret } of spec.volumes ?? [])
    if (secret?.secretName && !mountable.has(secret.secretName))
      return `volume with secret.secretName="${secret.secretName}" is not allowed because service account ${name} does not reference that secret`;
  const containers = [
    ...(spec.initContainers ?? []).map((each) => ["init container", each] as const),
    ...spec.containers.map((each) => ["container", each] as const),
  ];
  for (const [what, container] of containers) {
    for (const { name: variable, valueFrom } of container.env ?? []) {
      const secret = valueFrom?.secretKeyRef?.name;
      if (secret && !mountable.has(secret))
        return `${what} ${container.name} with envVar ${variable} referencing secret.secretName="${secret}" is not allowed because service account ${name} does not reference that secret`;
    }
    for (const { secretRef } of container.envFrom ?? []) {
      if (secretRef?.name && !mountable.has(secretRef.name))
        return `${what} ${container.name} with envFrom referencing secret.secretName="${secretRef.name}" is not allowed because service account ${name} does not reference that secret`;
    }
  }
  const pullable = new Set((account.imagePullSecrets ?? []).map((secret) => secret.name));
  for (const [index, secret] of (spec.imagePullSecrets ?? []).entries())
    if (!pullable.has(secret.name))
      return `imagePullSecrets[${index}].name="${secret.name}" is not allowed because service account ${name} does not reference that imagePullSecret`;
  return undefined;
}
