/**
 * Sees to it that a container's image is there, as its pull policy says, and tells how that went in upstream's words.
 * https://kubernetes.io/docs/concepts/containers/images/#updating-images
 */
import type { Clock } from "../../base/clock.ts";
import type { EventRecorder } from "../../client/events.ts";
import { type Backoff, goDuration } from "../pod/backoff.ts";
import { fieldPath, type NamedContainer, type ReadonlyPod } from "../pod/containers.ts";
import { StartProblem } from "../pod/problem.ts";
import type { Image, ImageService } from "../runtime/images.ts";
import type { AuthConfig, PodSandboxConfig, RuntimeError } from "../runtime/runtime.ts";
import { isRuntimeError, rpcErrorText } from "../runtime/runtime.ts";
import { referenceProblem, withTag } from "./reference.ts";

export interface PullRequest {
  pod: ReadonlyPod;
  named: NamedContainer;
  sandbox: PodSandboxConfig;
  /** Reads the Pod's pull secrets; asked only where something is pulled. */
  credentials(image: string): Promise<readonly AuthConfig[]>;
  signal: AbortSignal;
}

export interface ImagePuller {
  /** The image, present. Rejects with StartProblem; Events are told already, but for the last one about the container itself. */
  ensure(request: PullRequest): Promise<{ reference: string; image: Image }>;
  forget(pod: ReadonlyPod): void;
}

/** After a failed pull the back-off is shown soon, so that both states are seen. */
const SHOW_BACKOFF_MS = 1_000;

const wordsOf = (error: unknown): string => (isRuntimeError(error) ? rpcErrorText(error) : String(error));

export function createImagePuller(options: {
  runtime: ImageService;
  clock: Clock;
  events: EventRecorder;
  backoff: Backoff;
}): ImagePuller {
  const { runtime, clock, events, backoff } = options;
  const lastFailures = new Map<string, { atMs: number; words: string }>();

  const keyOf = (pod: ReadonlyPod, image: string): string => `${pod.metadata.uid}_${image}`;

  async function present(image: string): Promise<Image | undefined> {
    try {
      return await runtime.imageStatus(image);
    } catch (error) {
      throw new StartProblem(
        "ImageInspectError",
        `Failed to inspect image "${image}": ${wordsOf(error)}`,
        SHOW_BACKOFF_MS,
        error,
      );
    }
  }

  /** With each of the credentials in turn, without any where there are none. */
  async function pullWithCredentials(image: string, { credentials, sandbox, signal }: PullRequest): Promise<string> {
    const all = await credentials(image);
    let failure: RuntimeError | undefined;
    for (const auth of all.length === 0 ? [undefined] : all) {
      try {
        return await runtime.pullImage(image, auth, sandbox, { signal });
      } catch (error) {
        if (!isRuntimeError(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async function pull(image: string, request: PullRequest): Promise<string> {
    const { pod, named } = request;
    const about = { fieldPath: fieldPath(named) };
    const key = keyOf(pod, image);
    const failure = lastFailures.get(key);
    const waitMs = failure === undefined ? 0 : backoff.remainingMs(key, failure.atMs, clock.now());
    if (failure !== undefined && waitMs > 0) {
      const message = `Back-off pulling image "${image}"`;
      events.event(pod, "Normal", "BackOff", message, about);
      throw new StartProblem("ImagePullBackOff", `${message}: ErrImagePull: ${failure.words}`, waitMs);
    }
    const startMs = clock.monotonic();
    events.event(pod, "Normal", "Pulling", `Pulling image "${image}"`, about);
    try {
      const reference = await pullWithCredentials(image, request);
      const took = goDuration(clock.monotonic() - startMs);
      const size = (await present(reference))?.sizeBytes ?? 0;
      const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${size} bytes.`;
      events.event(pod, "Normal", "Pulled", message, about);
      lastFailures.delete(key);
      return reference;
    } catch (error) {
      if (request.signal.aborted) throw error;
      const words = wordsOf(error);
      events.event(pod, "Warning", "Failed", `Failed to pull image "${image}": ${words}`, about);
      backoff.next(key, clock.now(), clock.now());
      lastFailures.set(key, { atMs: clock.now(), words });
      throw new StartProblem("ErrImagePull", words, SHOW_BACKOFF_MS, error);
    }
  }

  return {
    async ensure(request) {
      const { pod, named } = request;
      const { container } = named;
      const about = { fieldPath: fieldPath(named) };
      const asked = container.image ?? "";
      const problem = referenceProblem(asked);
      if (problem !== undefined) {
        const message = `Failed to apply default image tag "${asked}": ${problem}`;
        events.event(pod, "Warning", "InspectFailed", message, about);
        throw new StartProblem("InvalidImageName", message, SHOW_BACKOFF_MS * 10);
      }
      const name = withTag(asked);
      const found = await present(name);
      if (found !== undefined && container.imagePullPolicy !== "Always") {
        const message = `Container image "${asked}" already present on machine and can be accessed by the pod`;
        events.event(pod, "Normal", "Pulled", message, about);
        return { reference: found.id, image: found };
      }
      if (container.imagePullPolicy === "Never") {
        const message = `Container image "${asked}" is not present with pull policy of Never`;
        events.event(pod, "Warning", "ErrImageNeverPull", message, about);
        throw new StartProblem("ErrImageNeverPull", message, SHOW_BACKOFF_MS * 10);
      }
      const reference = await pull(name, request);
      const image = (await present(reference)) ?? (await present(name));
      if (image === undefined) throw new StartProblem("ImageInspectError", `Failed to inspect image "${name}"`, SHOW_BACKOFF_MS);
      return { reference, image };
    },
    forget({ metadata: { uid } }) {
      backoff.forget(uid);
      for (const key of lastFailures.keys()) if (key.startsWith(uid)) lastFailures.delete(key);
    },
  };
}
