/** The contract of a node's volumes: what is set up before a Pod's containers start, and where they find it. */
import type { PodContainer, ReadonlyPod } from "../pod/containers.ts";
import type { Mount } from "../runtime/config.ts";

/** A volume that cannot be set up, in the words of the Event FailedMount. */
export class MountProblem extends Error {
  override readonly name = "MountProblem";
}

export interface PodVolumes {
  /** Sets up all volumes of the Pod; idempotent, and brings what is there up to date. Rejects with MountProblem. */
  setUp(pod: ReadonlyPod, onChange: () => void): Promise<void>;
  /**
   * Whether `setUp`, which was called, will succeed as far as can be told: all that the volumes are made of is there. What it still does
   * then, others need not wait for.
   */
  foreseen(pod: ReadonlyPod): Promise<boolean>;
  /** The Pod's labels or annotations may have changed: brings what shows them up to date, in its own time. */
  update(pod: ReadonlyPod): void;
  /** What of them a container sees. Rejects with an Error that says what is wrong with a mount. */
  mounts(pod: ReadonlyPod, container: PodContainer, values: (text: string) => string): Promise<Mount[]>;
  /** Takes them down: the Pod has ended. Idempotent. */
  tearDown(pod: ReadonlyPod): Promise<void>;
}

export const mountFailed = (volume: string, why: string): MountProblem =>
  new MountProblem(`MountVolume.SetUp failed for volume "${volume}" : ${why}`);
