/**
 * Probes over the machine's network: HTTP, TCP and gRPC; exec goes through the runtime.
 * https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { decodeUtf8 } from "../../base/bytes.ts";
import { type Clock, realClock } from "../../base/clock.ts";
import type { HookHttp } from "../lifecycle/hooks.ts";
import { httpUrl, type ProbeOutcome, type ProbeRequest, type Prober, portOf } from "../probes/prober.ts";
import { isRuntimeError, type RuntimeService } from "../runtime/runtime.ts";
import { probeGrpc } from "./grpc-probe.ts";

const SUCCESS: ProbeOutcome = { result: "success", output: "" };
const failure = (output: string): ProbeOutcome => ({ result: "failure", output });
const MOST_OUTPUT = 10 * 1024;

/** As Go says why a connection did not come about. */
function dialError(error: NodeJS.ErrnoException, address: string): string {
  const words: Record<string, string> = {
    ECONNREFUSED: "connect: connection refused",
    EHOSTUNREACH: "connect: no route to host",
    ENETUNREACH: "connect: network is unreachable",
    ETIMEDOUT: "i/o timeout",
  };
  return `dial tcp ${address}: ${words[error.code ?? ""] ?? error.message}`;
}

interface HttpAnswer {
  status: number;
  body: string;
}

/** Rejects with an Error in Go's words. Redirects are the container's answer: they count as success. */
function ask(
  url: string,
  headers: readonly { name: string; value: string }[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<HttpAnswer> {
  const { protocol, hostname, port } = new URL(url);
  const sent: Record<string, string> = { "user-agent": "kube-probe/1.36", accept: "*/*", connection: "close" };
  for (const { name, value } of headers) sent[name.toLowerCase()] = value;
  return new Promise((resolve, reject) => {
    const request = (protocol === "https:" ? httpsRequest : httpRequest)(
      url,
      // Certificates of containers are nobody's to verify here, as upstream has it.
      { headers: sent, rejectUnauthorized: false, timeout: timeoutMs, ...(signal === undefined ? {} : { signal }) },
      (response) => {
        const parts: string[] = [];
        let length = 0;
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          length += part.length;
          if (length <= MOST_OUTPUT) parts.push(part);
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: parts.join("") }));
        response.on("error", reject);
      },
    );
    request.on("timeout", () =>
      request.destroy(new Error("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")),
    );
    request.on("error", (error: NodeJS.ErrnoException) => {
      const words = error.syscall === "connect" ? dialError(error, `${hostname}:${port}`) : error.message;
      reject(new Error(`Get "${url}": ${words}`));
    });
    request.end();
  });
}

async function probeHttp({ probe, container, podIp, timeoutMs }: ProbeRequest): Promise<ProbeOutcome> {
  const action = probe.httpGet;
  const port = action === undefined ? undefined : portOf(action.port, container);
  if (action === undefined || port === undefined) return { result: "error", output: `couldn't find port: ${action?.port}` };
  const headers = (action.httpHeaders ?? []).map(({ name, value }) => ({ name, value: value ?? "" }));
  try {
    const { status } = await ask(httpUrl(action, action.host || podIp, port), headers, timeoutMs);
    return status >= 200 && status < 400 ? SUCCESS : failure(`HTTP probe failed with statuscode: ${status}`);
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
}

function probeTcp({ probe, container, podIp, timeoutMs }: ProbeRequest): Promise<ProbeOutcome> {
  const port = portOf(probe.tcpSocket?.port ?? 0, container);
  if (port === undefined) return Promise.resolve({ result: "error", output: `couldn't find port: ${probe.tcpSocket?.port}` });
  const host = probe.tcpSocket?.host || podIp;
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const done = (outcome: ProbeOutcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.on("connect", () => done(SUCCESS));
    socket.on("timeout", () => done(failure(`dial tcp ${host}:${port}: i/o timeout`)));
    socket.on("error", (error) => done(failure(dialError(error, `${host}:${port}`))));
  });
}

async function probeExec(runtime: RuntimeService, { probe, containerId, timeoutMs }: ProbeRequest): Promise<ProbeOutcome> {
  const command = probe.exec?.command ?? [];
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, { timeoutMs });
    const output = (decodeUtf8(stdout) + decodeUtf8(stderr)).slice(0, MOST_OUTPUT);
    return exitCode === 0 ? { result: "success", output } : failure(output);
  } catch (error) {
    if (isRuntimeError(error, "DeadlineExceeded"))
      return failure(`command timed out: "${command.join(" ")}" timed out after ${timeoutMs / 1000}s`);
    return { result: "error", output: error instanceof Error ? error.message : String(error) };
  }
}

/** The machine's own clock bounds the waiting, unless another is given. */
export const networkProber = (runtime: RuntimeService, clock: Clock = realClock): Prober => ({
  async probe(request) {
    const { probe } = request;
    if (probe.exec !== undefined) return probeExec(runtime, request);
    if (probe.httpGet !== undefined) return probeHttp(request);
    if (probe.tcpSocket !== undefined) return probeTcp(request);
    if (probe.grpc !== undefined) return probeGrpc(clock, request);
    return { result: "error", output: "missing probe handler" };
  },
});

/** HTTP hooks: anything but a refusal or a server's error is well. */
export const hookHttp: HookHttp = async ({ url, headers, signal }) => {
  const { status } = await ask(url, headers, 60_000, signal);
  if (status >= 400) throw new Error(`Get "${url}": HTTP status code ${status}`);
};
