/** A container's log as text. https://kubernetes.io/docs/concepts/cluster-administration/logging/ */
import { ApiError, badRequest } from "../../api/errors.ts";
import type { ContainerStatus as StatusOfContainer } from "../../api/generated/core-v1.ts";
import { concatBytes, encodeUtf8 } from "../../base/bytes.ts";
import type { HttpRequest, HttpResponse, Sink } from "../../base/http.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { findContainer, type ReadonlyPod } from "../pod/containers.ts";
import type { PodContext } from "../pod/context.ts";
import type { PodWorker } from "../pod/worker.ts";
import type { LogReadOptions, LogRecord } from "../runtime/output.ts";
import { type ContainerStatus, isRuntimeError } from "../runtime/runtime.ts";
import { text } from "./answers.ts";
import { type LogOptions, logOptionsOf } from "./log-options.ts";

const NEWLINE = 10;

type ContainerSaid = DeepReadonly<StatusOfContainer>;

function saidOf(worker: PodWorker, container: string): ContainerSaid | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = worker.status;
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(({ name }) => name === container);
}

const WAITING: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: "trying and failing to pull image",
};

/** The run that is asked for, by what is said of the container: `containerd://…`. Throws with what there is instead. */
function runOf(pod: ReadonlyPod, name: string, said: ContainerSaid | undefined, previous: boolean): string {
  const about = `container "${name}" in pod "${pod.metadata.name}"`;
  if (said === undefined) throw badRequest(`${about} is not available`);
  const before = said.lastState?.terminated?.containerID;
  const { waiting, running, terminated } = said.state ?? {};
  if (previous) {
    if (!before) throw badRequest(`previous terminated ${about} not found`);
    return before;
  }
  const found = running === undefined ? terminated?.containerID || before : said.containerID;
  if (found) return found;
  if (terminated !== undefined || said.lastState?.terminated !== undefined) throw badRequest(`${about} is terminated`);
  const reason = waiting?.reason ?? "";
  throw badRequest(
    waiting === undefined
      ? `${about} is waiting to start - no logs yet`
      : `${about} is waiting to start: ${WAITING[reason] ?? reason}`,
  );
}

/** Undefined where the runtime does not have it any more. */
async function statusIn(runtime: PodContext["runtime"], runId: string): Promise<ContainerStatus | undefined> {
  try {
    return await runtime.containerStatus(runId.slice(runId.indexOf("://") + 3));
  } catch (error) {
    if (isRuntimeError(error, "NotFound")) return undefined;
    throw error;
  }
}

/** A line that came in parts has its time once, in front. */
async function send(sink: Sink, records: AsyncIterable<LogRecord>, options: LogOptions): Promise<void> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let beginsLine = true;
  for await (const { timestamp, stream, bytes } of records) {
    if (options.stream !== "All" && options.stream.toLowerCase() !== stream) continue;
    const line = options.timestamps && beginsLine ? concatBytes([encodeUtf8(`${timestamp} `), bytes]) : bytes;
    beginsLine = bytes.length === 0 || bytes.at(-1) === NEWLINE;
    const part = line.length > left ? line.subarray(0, left) : line;
    left -= part.length;
    if (part.length > 0 && !sink.write(part)) await sink.drained();
    if (left <= 0 || sink.closed) break;
  }
  sink.end();
}

const sinceMsOf = ({ sinceSeconds, sinceTimeMs }: LogOptions, nowMs: number): number | undefined =>
  sinceSeconds === undefined ? sinceTimeMs : nowMs - sinceSeconds * 1000;

export async function containerLogs(
  context: PodContext,
  worker: PodWorker,
  container: string,
  request: HttpRequest,
): Promise<HttpResponse> {
  const { pod } = worker;
  const options = logOptionsOf(new URLSearchParams(request.query));
  if (findContainer(pod, container) === undefined)
    throw new ApiError({
      code: 404,
      reason: "NotFound",
      message: `container "${container}" not found in pod "${pod.metadata.name}"`,
    });
  const runId = runOf(pod, container, saidOf(worker, container), options.previous);
  const run = await statusIn(context.runtime, runId);
  // The answer has begun by then: the words come instead of the log.
  if (run === undefined) return text(200, `unable to retrieve container logs for ${runId}`, "text/plain");
  const sinceMs = sinceMsOf(options, context.clock.now());
  const read: LogReadOptions = {
    ...(options.tailLines === undefined ? {} : { tailLines: options.tailLines }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    follow: options.follow && run.state === "Running",
    ended: () => hasEnded(worker, container, run.id),
    signal: request.signal,
  };
  const records = context.output.logs({ containerId: run.id, path: run.logPath }, read);
  return {
    status: 200,
    headers: { "content-type": "text/plain" },
    body: { stream: (sink) => void send(sink, records, options).catch(() => sink.abort()), patient: true },
  };
}

/** The Pod's status says so: a follower need not ask the runtime. */
function hasEnded(worker: PodWorker, container: string, id: string): boolean {
  const said = saidOf(worker, container);
  return (
    said !== undefined && (said.containerID === undefined || !said.containerID.endsWith(id) || said.state?.running === undefined)
  );
}
