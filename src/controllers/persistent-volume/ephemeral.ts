/**
 * Makes the claims of Pods whose volumes live as long as they do. The garbage collector takes them away with the Pod.
 * https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes
 */
import { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { controllerOf, controllerReference, type Draft } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Controller, ControllerContext } from "../controller.ts";
import { messageOf } from "../pod-control.ts";
import { ephemeralClaimName } from "./binding.ts";

type ReadonlyPod = DeepReadonly<Pod>;
type EphemeralVolume = { name: string; template: DeepReadonly<PersistentVolumeClaimTemplate> };
type PersistentVolumeClaimTemplate = NonNullable<
  NonNullable<NonNullable<Pod["spec"]["volumes"]>[number]["ephemeral"]>["volumeClaimTemplate"]
>;

const ephemeralVolumes = ({ spec }: ReadonlyPod): EphemeralVolume[] =>
  (spec.volumes ?? []).flatMap(({ name, ephemeral }) =>
    ephemeral?.volumeClaimTemplate ? [{ name, template: ephemeral.volumeClaimTemplate }] : [],
  );

function ephemeralClaim(pod: ReadonlyPod, { name, template }: EphemeralVolume): Draft<PersistentVolumeClaim> {
  const { labels, annotations } = template.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name: ephemeralClaimName(pod, name),
      namespace: pod.metadata.namespace ?? "",
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ownerReferences: [controllerReference(pod)],
    },
    spec: template.spec as Draft<PersistentVolumeClaim["spec"]>,
  };
}

async function provide(pod: ReadonlyPod, volume: EphemeralVolume, { client, listers }: ControllerContext): Promise<void> {
  const { namespace = "", name, uid } = pod.metadata;
  const claimName = ephemeralClaimName(pod, volume.name);
  const claim = listers.get(PersistentVolumeClaim, namespace, claimName);
  if (claim === undefined) await client.create(PersistentVolumeClaim, ephemeralClaim(pod, volume));
  else if (controllerOf(claim)?.uid !== uid)
    throw new Error(`PVC ${namespace}/${claimName} was not created for pod ${namespace}/${name} (pod is not owner)`);
}

export const ephemeralVolumeController: Controller<Pod> = {
  name: "ephemeral-volume-controller",
  component: "ephemeral_volume",
  reconciles: Pod,
  wokenBy: [{ owned: PersistentVolumeClaim }],
  // Volumes of a Pod never change.
  heeds: () => false,
  async reconcile(pod, context) {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    for (const volume of ephemeralVolumes(pod)) {
      try {
        await provide(pod, volume, context);
      } catch (error) {
        context.events.event(pod, "Warning", "FailedBinding", `ephemeral volume ${volume.name}: ${messageOf(error)}`);
        throw error;
      }
    }
  },
};
