/** A container's log as text. https://kubernetes.io/docs/concepts/cluster-administration/logging/ */
import { ApiError, badRequest } from "../../api/errors.ts";
import { concatBytes, EMPTY, encodeUtf8 } from "../../base/bytes.ts";
import type { HttpRequest, HttpResponse, Sink } from "../../base/http.ts";
import { findContainer, podName } from "../pod/containers.ts";
import type { PodContext } from "../pod/context.ts";
import { readRuntimePod, statusesOf } from "../pod/runtime-pod.ts";
import type { PodWorker } from "../pod/worker.ts";
import type { LogReadOptions, LogRecord } from "../runtime/output.ts";
import type { ContainerStatus } from "../runtime/runtime.ts";

interface Asked {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines: number | undefined;
  sinceMs: number | undefined;
  limitBytes: number;
  stream: "All" | "Stdout" | "Stderr";
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw badRequest(`invalid value "${value}" for ${name}`);
  return number;
}

function askedOf(query: URLSearchParams, nowMs: number): Asked {
  const sinceSeconds = numberOf(query, "sinceSeconds");
  const sinceTime = query.get("sinceTime");
  return {
    follow: query.get("follow") === "true",
    previous: query.get("previous") === "true",
    timestamps: query.get("timestamps") === "true",
    tailLines: numberOf(query, "tailLines"),
    sinceMs: sinceSeconds !== undefined ? nowMs - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
    limitBytes: numberOf(query, "limitBytes") ?? Number.POSITIVE_INFINITY,
    stream: (query.get("stream") as Asked["stream"] | null) ?? "All",
  };
}

/** The run that is asked for; throws as upstream answers where there is none. */
async function runOf(context: PodContext, worker: PodWorker, container: string, previous: boolean): Promise<ContainerStatus> {
  const { pod } = worker;
  if (findContainer(pod, container) === undefined)
    throw badRequest(`container ${container} is not valid for pod ${pod.metadata.name}`);
  const runtimePod = await readRuntimePod(context.runtime, pod.metadata.uid);
  const runs = statusesOf(runtimePod, container).filter(({ state }) => state !== "Created");
  const [newest, older] = runs;
  if (previous) {
    const found = newest?.state === "Running" ? older : (older ?? (newest?.metadata.attempt ? newest : undefined));
    if (found === undefined)
      throw badRequest(`previous terminated container "${container}" in pod "${pod.metadata.name}" not found`);
    return found;
  }
  if (newest !== undefined) return newest;
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = worker.status;
  const said = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    ({ name }) => name === container,
  );
  const reason = said?.state.waiting?.reason;
  if (reason === undefined) throw badRequest(`container "${container}" in pod "${podName(pod)}" is not available`);
  const isFailing = reason !== "ContainerCreating" && reason !== "PodInitializing";
  const why = isFailing ? `trying and failing to pull image` : reason;
  const isImage = isFailing && /ImagePull|InvalidImageName|ImageInspect|ErrImage/.test(reason);
  throw badRequest(
    `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${isImage || !isFailing ? why : reason}`,
  );
}

function lineOf({ timestamp, bytes, stream }: LogRecord, { timestamps, stream: wanted }: Asked): Uint8Array {
  if (wanted !== "All" && wanted.toLowerCase() !== stream) return EMPTY;
  return timestamps ? concatBytes([encodeUtf8(`${timestamp} `), bytes]) : bytes;
}

async function send(sink: Sink, records: AsyncIterable<LogRecord>, asked: Asked): Promise<void> {
  let left = asked.limitBytes;
  for await (const record of records) {
    const line = lineOf(record, asked);
    if (line.length === 0) continue;
    const part = line.length > left ? line.subarray(0, left) : line;
    left -= part.length;
    if (!sink.write(part)) await sink.drained();
    if (left <= 0 || sink.closed) break;
  }
  sink.end();
}

export async function containerLogs(
  context: PodContext,
  worker: PodWorker,
  container: string,
  request: HttpRequest,
): Promise<HttpResponse> {
  const asked = askedOf(new URLSearchParams(request.query), context.clock.now());
  const run = await runOf(context, worker, container, asked.previous);
  if (run.logPath === "") throw new ApiError({ code: 500, reason: "InternalError", message: "the container has no log" });
  const options: LogReadOptions = {
    ...(asked.tailLines === undefined ? {} : { tailLines: asked.tailLines }),
    ...(asked.sinceMs === undefined ? {} : { sinceMs: asked.sinceMs }),
    follow: asked.follow && run.state === "Running",
    ended: () => hasEnded(worker, container, run.id),
    signal: request.signal,
  };
  const records = context.output.logs({ containerId: run.id, path: run.logPath }, options);
  return {
    status: 200,
    headers: { "content-type": "text/plain" },
    body: { stream: (sink) => void send(sink, records, asked).catch(() => sink.abort()) },
  };
}

/** The Pod's status says so: a follower need not ask the runtime. */
function hasEnded({ status }: PodWorker, container: string, id: string): boolean {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status;
  const said = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    ({ name }) => name === container,
  );
  return (
    said !== undefined && (said.containerID === undefined || !said.containerID.endsWith(id) || said.state.running === undefined)
  );
}
