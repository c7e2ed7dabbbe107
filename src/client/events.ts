/** Where components say what they did, as core/v1 Events with aggregation and a limit. */
import type { KubernetesObject } from "../api/meta.ts";
import type { DeepReadonly } from "../base/readonly.ts";

export interface EventRecorder {
  /**
   * Never throws and never waits. `fieldPath` narrows the object: `spec.containers{app}`. Same words for the same object are counted up.
   */
  event(
    object: DeepReadonly<KubernetesObject>,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
    options?: { fieldPath?: string; action?: string; related?: DeepReadonly<KubernetesObject> },
  ): void;
}
