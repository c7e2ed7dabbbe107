/**
 * Atomic Pods, Timonier's own: the death of one container is the death of the Pod, and its controller replaces it.
 *
 * The annotation `timonier.io/atomic` on the Pod says so; the label of that name on its Namespace is the default.
 */
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { ObjectMeta } from "../../generated/shared.ts";

export const ATOMIC = "timonier.io/atomic";

export const isAtomic = ({ metadata }: { readonly metadata: DeepReadonly<ObjectMeta> }): boolean =>
  metadata.annotations?.[ATOMIC] === "true";
