/** Where components say what they did, as core/v1 Events with aggregation and a limit. */
import type { KubernetesObject } from "../api/meta.ts";
import type { DeepReadonly } from "../base/readonly.ts";

export interface EventDetails {
  /** Narrows the object: `spec.containers{app}`. */
  fieldPath?: string;
  action?: string;
  related?: DeepReadonly<KubernetesObject>;
}

export interface EventRecorder {
  /** Never throws and never waits. Same words for the same object are counted up. */
  event(
    object: DeepReadonly<KubernetesObject>,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
    details?: EventDetails,
  ): void;
}
