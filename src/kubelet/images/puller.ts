/**
 * Sees to it that a container's image is there, as its pull policy says, and tells how that went in upstream's words.
 * https://kubernetes.io/docs/concepts/containers/images/#updating-images
 */
import type { Clock } from "../../base/clock.ts";
import { formatDuration } from "../../base/duration.ts";
import type { EventRecorder } from "../../client/events.ts";
import type { Backoff } from "../pod/backoff.ts";
import { fieldPath, type NamedContainer, type ReadonlyPod } from "../pod/containers.ts";
import { StartProblem, TURN_MS } from "../pod/problem.ts";
import type { Image, ImageService } from "../runtime/images.ts";
import type { AuthConfig, PodSandboxConfig, RuntimeError } from "../runtime/runtime.ts";
import { errorText, isRuntimeError } from "../runtime/runtime.ts";
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

/** After the first failed pull there is another turn soon, as after every start of a sandbox; after a later one in its own time. */
const SHOW_BACKOFF_MS = 1_000;

/** What no pull can mend is looked at again less often. */
const SHOW_MISTAKE_MS = 10_000;

export interface ImagePullerOptions {
  runtime: ImageService;
  clock: Clock;
  events: EventRecorder;
  backoff: Backoff;
}

const failureKey = (pod: ReadonlyPod, image: string): string => `${pod.metadata.uid}_${image}`;

export const createImagePuller = (options: ImagePullerOptions): ImagePuller => new PatientPuller(options);

class PatientPuller implements ImagePuller {
  readonly #options: ImagePullerOptions;
  /** By Pod and image; `forget` takes out those of a Pod. */
  readonly #lastFailures = new Map<string, { atMs: number; words: string }>();

  constructor(options: ImagePullerOptions) {
    this.#options = options;
  }

  async ensure(request: PullRequest): Promise<{ reference: string; image: Image }> {
    const { container } = request.named;
    const asked = container.image ?? "";
    const problem = referenceProblem(asked);
    if (problem !== undefined) {
      const message = `Failed to apply default image tag "${asked}": ${problem}`;
      this.#tell(request, "Warning", "InspectFailed", message);
      throw new StartProblem("InvalidImageName", message, SHOW_MISTAKE_MS);
    }
    const name = withTag(asked);
    const found = await this.#present(name);
    if (found !== undefined && container.imagePullPolicy !== "Always") {
      const message = `Container image "${asked}" already present on machine and can be accessed by the pod`;
      this.#tell(request, "Normal", "Pulled", message);
      return { reference: found.id, image: found };
    }
    if (container.imagePullPolicy === "Never") {
      const message = `Container image "${asked}" is not present with pull policy of Never`;
      this.#tell(request, "Warning", "ErrImageNeverPull", message);
      throw new StartProblem("ErrImageNeverPull", message, SHOW_MISTAKE_MS);
    }
    const reference = await this.#pull(name, request);
    const image = (await this.#present(reference)) ?? (await this.#present(name));
    if (image === undefined) throw new StartProblem("ImageInspectError", `Failed to inspect image "${name}"`, SHOW_BACKOFF_MS);
    return { reference, image };
  }

  forget({ metadata: { uid } }: ReadonlyPod): void {
    this.#options.backoff.forget(uid);
    for (const key of this.#lastFailures.keys()) if (key.startsWith(uid)) this.#lastFailures.delete(key);
  }

  async #pull(image: string, request: PullRequest): Promise<string> {
    const { clock, backoff } = this.#options;
    const key = failureKey(request.pod, image);
    this.#refuseDuringBackoff(key, image, request);
    const startMs = clock.monotonic();
    this.#tell(request, "Normal", "Pulling", `Pulling image "${image}"`);
    try {
      const reference = await this.#pullWithCredentials(image, request);
      const took = formatDuration(Math.floor(clock.monotonic() - startMs));
      const size = (await this.#present(reference))?.sizeBytes ?? 0;
      const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${size} bytes.`;
      this.#tell(request, "Normal", "Pulled", message);
      this.#lastFailures.delete(key);
      return reference;
    } catch (error) {
      if (request.signal.aborted) throw error;
      const words = errorText(error);
      const isFirst = !this.#lastFailures.has(key);
      this.#tell(request, "Warning", "Failed", `Failed to pull image "${image}": ${words}`);
      backoff.next(key, clock.now(), clock.now());
      this.#lastFailures.set(key, { atMs: clock.now(), words });
      throw new StartProblem("ErrImagePull", words, isFirst ? SHOW_BACKOFF_MS : TURN_MS, error);
    }
  }

  #refuseDuringBackoff(key: string, image: string, request: PullRequest): void {
    const { clock, backoff } = this.#options;
    const failure = this.#lastFailures.get(key);
    if (failure === undefined) return;
    const waitMs = backoff.remainingMs(key, failure.atMs, clock.now());
    if (waitMs <= 0) return;
    const message = `Back-off pulling image "${image}"`;
    this.#tell(request, "Normal", "BackOff", message);
    throw new StartProblem("ImagePullBackOff", `${message}: ErrImagePull: ${failure.words}`, Math.max(waitMs, TURN_MS));
  }

  /** With each of the credentials in turn, without any where there are none. */
  async #pullWithCredentials(image: string, { credentials, sandbox, signal }: PullRequest): Promise<string> {
    const all = await credentials(image);
    let failure: RuntimeError | undefined;
    for (const auth of all.length === 0 ? [undefined] : all) {
      try {
        return await this.#options.runtime.pullImage(image, auth, sandbox, { signal });
      } catch (error) {
        if (!isRuntimeError(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async #present(image: string): Promise<Image | undefined> {
    try {
      return await this.#options.runtime.imageStatus(image);
    } catch (error) {
      const message = `Failed to inspect image "${image}": ${errorText(error)}`;
      throw new StartProblem("ImageInspectError", message, SHOW_BACKOFF_MS, error);
    }
  }

  #tell({ pod, named }: PullRequest, type: "Normal" | "Warning", reason: string, message: string): void {
    this.#options.events.event(pod, type, reason, message, { fieldPath: fieldPath(named) });
  }
}
