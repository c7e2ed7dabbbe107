/** AtomicPods: what the Namespace says of its Pods is written on each that does not speak for itself (see api/core/pod/atomic.ts). */
import { Namespace } from "../../../api/core/namespace.ts";
import { ATOMIC } from "../../../api/core/pod/atomic.ts";
import { Pod } from "../../../api/core/pod/pod.ts";
import type { AdmissionPlugin } from "../plugin.ts";

export const atomicPods: AdmissionPlugin = {
  name: "AtomicPods",
  handles: (operation, row, subresource) => row === Pod && operation === "CREATE" && subresource === "",
  mutate({ object, namespace }, { reader }) {
    const { metadata } = object as Pod;
    if (metadata.annotations?.[ATOMIC] !== undefined) return;
    const isDefault = reader.get(Namespace, "", namespace)?.metadata.labels?.[ATOMIC] === "true";
    if (isDefault) metadata.annotations = { ...metadata.annotations, [ATOMIC]: "true" };
  },
};
