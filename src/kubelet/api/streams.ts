/**
 * exec, attach, port-forward and run: the client's protocol ends here, and a session with the runtime begins.
 * https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
 */
import { ApiError, badRequest } from "../../api/errors.ts";
import { concatBytes } from "../../base/bytes.ts";
import type { HttpRequest, HttpResponse } from "../../base/http.ts";
import { acceptPortForward, isTunnelRequest } from "../../streaming/port-forward/server.ts";
import {
  brokenStatus,
  type CommandClient,
  type CommandOptions,
  type CommandSession,
  serveCommand,
} from "../../streaming/remote-command/command.ts";
import { acceptRemoteCommand } from "../../streaming/remote-command/server.ts";
import { isUpgradeRequest, isWebSocketRequest } from "../../streaming/upgrade.ts";
import { findContainer } from "../pod/containers.ts";
import type { PodContext } from "../pod/context.ts";
import { type RuntimePod, readRuntimePod, statusesOf } from "../pod/runtime-pod.ts";
import type { PodWorker } from "../pod/worker.ts";
import { errorText, isRuntimeError, type Prepared } from "../runtime/runtime.ts";

export interface StreamsOptions {
  workers: ReadonlyMap<string, PodWorker>;
  context: PodContext;
}

const MAX_PORT = 0xffff;

const failed = (message: string): ApiError => new ApiError({ code: 500, reason: "InternalError", message });

/** What the runtime refuses is passed on in its words, with the code that upstream gives it. */
async function asked<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isRuntimeError(error)) throw error;
    if (error.code === "NotFound") throw new ApiError({ code: 404, reason: "NotFound", message: errorText(error) });
    if (error.code === "ResourceExhausted")
      throw new ApiError({ code: 429, reason: "TooManyRequests", message: errorText(error) });
    throw failed(errorText(error));
  }
}

function workerOf({ workers }: StreamsOptions, namespace: string, name: string): PodWorker {
  for (const worker of workers.values()) {
    const { metadata } = worker.pod;
    if (metadata.namespace === namespace && metadata.name === name) return worker;
  }
  throw new ApiError({ code: 404, reason: "NotFound", message: "pod does not exist" });
}

function requireUpgrade(request: HttpRequest): void {
  if (!isUpgradeRequest(request)) throw failed("Upgrade request required");
}

function commandOptionsOf(query: URLSearchParams): CommandOptions {
  const isAsked = (name: string): boolean => query.get(name) === "1";
  const tty = isAsked("tty");
  const options = { stdin: isAsked("input"), stdout: isAsked("output"), stderr: isAsked("error") && !tty, tty };
  if (!options.stdin && !options.stdout && !options.stderr)
    throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  return options;
}

/** `namespace/pod[/uid]/container`, as the path has it. */
function placeOf(parts: readonly string[]): { namespace: string; pod: string; uid: string | undefined; container: string } {
  const [namespace = "", pod = "", third = "", fourth] = parts;
  return fourth === undefined
    ? { namespace, pod, uid: undefined, container: third }
    : { namespace, pod, uid: third, container: fourth };
}

const runningId = (runtimePod: RuntimePod, container: string): string | undefined =>
  statusesOf(runtimePod, container).find(({ state }) => state === "Running")?.id;

/** The running container of that name; undefined where there is none, or the Pod is another one. */
async function containerIdOf(options: StreamsOptions, worker: PodWorker, uid: string | undefined, container: string) {
  if (uid !== undefined && worker.pod.metadata.uid !== uid) return undefined;
  return runningId(await readRuntimePod(options.context.runtime, worker.pod.metadata.uid), container);
}

async function serve(client: CommandClient, prepared: Prepared<CommandSession>, doing: string): Promise<void> {
  let session: CommandSession;
  try {
    session = await prepared.open();
  } catch (error) {
    client.finish(brokenStatus(doing, error));
    return;
  }
  await serveCommand(client, session, doing);
}

interface Command {
  options: CommandOptions;
  doing: string;
  prepare(): Promise<Prepared<CommandSession>>;
}

/** The runtime is asked only when the client's protocol is one that is spoken here. */
async function answerCommand({ clock }: PodContext, request: HttpRequest, { options, doing, prepare }: Command) {
  let prepared: Prepared<CommandSession> | undefined;
  const answer = acceptRemoteCommand(request, {
    ...options,
    clock,
    serve: (client) => {
      if (prepared !== undefined) void serve(client, prepared, doing);
    },
  });
  if (answer.status === 101) prepared = await asked(prepare());
  return answer;
}

export async function exec(options: StreamsOptions, request: HttpRequest, parts: readonly string[]): Promise<HttpResponse> {
  const query = new URLSearchParams(request.query);
  const streams = commandOptionsOf(query);
  const { namespace, pod, uid, container } = placeOf(parts);
  const worker = workerOf(options, namespace, pod);
  const containerId = await containerIdOf(options, worker, uid, container);
  if (containerId === undefined) throw failed(`container not found ("${container}")`);
  requireUpgrade(request);
  const { context } = options;
  return answerCommand(context, request, {
    options: streams,
    doing: "executing command in",
    prepare: () =>
      context.runtime.exec({ containerId, command: query.getAll("command"), ...streams }, { signal: request.signal }),
  });
}

export async function attach(options: StreamsOptions, request: HttpRequest, parts: readonly string[]): Promise<HttpResponse> {
  const streams = commandOptionsOf(new URLSearchParams(request.query));
  const { namespace, pod, uid, container } = placeOf(parts);
  const worker = workerOf(options, namespace, pod);
  const containerId = await containerIdOf(options, worker, uid, container);
  const spec = findContainer(worker.pod, container);
  if (containerId === undefined || spec === undefined)
    throw failed(`container ${container} not found in pod ${pod}_${namespace}`);
  requireUpgrade(request);
  const { context } = options;
  // Whether there is a terminal was settled when the container started.
  const tty = spec.container.tty === true;
  return answerCommand(context, request, {
    options: streams,
    doing: "attaching to",
    prepare: () => context.runtime.attach({ containerId, ...streams, tty }, { signal: request.signal }),
  });
}

/** Of WebSocket channels, the ports that the query names. */
function portsOf(request: HttpRequest): number[] {
  if (!isWebSocketRequest(request) || isTunnelRequest(request)) return [];
  const values = new URLSearchParams(request.query).getAll("port");
  if (values.length === 0) throw badRequest('query parameter "port" is required');
  return values.flatMap((value) => {
    if (value === "") throw badRequest('query parameter "port" cannot be empty');
    return value.split(",").map((text) => {
      if (!/^\d+$/.test(text) || Number(text) > MAX_PORT) {
        const why = /^\d+$/.test(text) ? "value out of range" : "invalid syntax";
        throw badRequest(`unable to parse "${value}" as a port: strconv.ParseUint: parsing "${text}": ${why}`);
      }
      if (Number(text) < 1) throw badRequest(`port "${value}" must be > 0`);
      return Number(text);
    });
  });
}

export async function portForward(
  options: StreamsOptions,
  request: HttpRequest,
  [namespace = "", pod = "", uid]: readonly string[],
): Promise<HttpResponse> {
  const ports = portsOf(request);
  const { pod: found } = workerOf(options, namespace, pod);
  const { context } = options;
  if (uid !== undefined && found.metadata.uid !== uid)
    throw new ApiError({ code: 404, reason: "NotFound", message: "pod not found" });
  const runtimePod = await readRuntimePod(context.runtime, found.metadata.uid);
  const sandbox = runtimePod.sandboxes.find(({ state }) => state === "Ready");
  if (sandbox === undefined) throw failed(`pod not found ("${pod}_${namespace}")`);
  requireUpgrade(request);
  type Session = Awaited<ReturnType<typeof context.runtime.portForward>>;
  let prepared: Session | undefined;
  const answer = acceptPortForward(request, {
    clock: context.clock,
    ports,
    open: () => (prepared === undefined ? Promise.reject(failed("nothing was prepared")) : prepared.open()),
  });
  if (answer.status === 101) prepared = await asked(context.runtime.portForward(sandbox.id, ports, { signal: request.signal }));
  return answer;
}

/** A command without streams: `cmd` is split at blanks, and its output is the answer. */
export async function run(options: StreamsOptions, request: HttpRequest, parts: readonly string[]): Promise<HttpResponse> {
  const { namespace, pod, uid, container } = placeOf(parts);
  const worker = workerOf(options, namespace, pod);
  const containerId = await containerIdOf(options, worker, uid, container);
  if (containerId === undefined) throw failed(`container not found ("${container}")`);
  const command = (new URLSearchParams(request.query).get("cmd") ?? "").split(" ");
  const { stdout, stderr, exitCode } = await asked(
    options.context.runtime.execSync(containerId, command, { signal: request.signal }),
  );
  const output = concatBytes([stdout, stderr]);
  if (exitCode !== 0) throw failed(`command '${command.join(" ")}' exited with ${exitCode}: ${new TextDecoder().decode(stderr)}`);
  return { status: 200, headers: { "content-type": "application/json" }, body: output };
}
