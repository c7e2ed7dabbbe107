/** Why a container could not be started: what its status and Events say. */
export type ProblemReason =
  | "CrashLoopBackOff"
  | "ErrImagePull"
  | "ImagePullBackOff"
  | "InvalidImageName"
  | "ErrImageNeverPull"
  | "ImageInspectError"
  | "CreateContainerConfigError"
  | "CreateContainerError"
  | "RunContainerError"
  | "PostStartHookError";

export class StartProblem extends Error {
  override readonly name = "StartProblem";
  readonly reason: ProblemReason;
  /** Milliseconds until it is worth another attempt. */
  readonly retryMs: number;

  constructor(reason: ProblemReason, message: string, retryMs: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.retryMs = retryMs;
  }
}

/** How long a worker rests between two looks at what failed: upstream's 10 seconds, and its jitter. */
export const TURN_MS = 12_000;

/** How long what only a change elsewhere can mend is left alone, as upstream's workers do. */
export const RETRY_MS = 10_000;
