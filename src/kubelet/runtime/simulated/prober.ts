/** Probes and hooks of simulated containers: their behaviour decides, else the command, else all is well. */

import { decodeUtf8 } from "../../../base/bytes.ts";
import type { ProbeOutcome, ProbeRequest, Prober } from "../../probes/prober.ts";
import { httpUrl, portOf } from "../../probes/prober.ts";
import { isRuntimeError } from "../runtime.ts";
import type { SimulatedRuntime } from "./simulated-runtime.ts";

const SUCCESS: ProbeOutcome = { result: "success", output: "" };
const failure = (output: string): ProbeOutcome => ({ result: "failure", output });

/** What upstream's probers say of such a result. */
function outcomeOf(result: string, { probe, container, podIp, timeoutMs }: ProbeRequest): ProbeOutcome {
  if (result === "ok") return SUCCESS;
  const { httpGet, tcpSocket, exec } = probe;
  const port = portOf(httpGet?.port ?? tcpSocket?.port ?? 0, container) ?? 0;
  const address = `${(httpGet ?? tcpSocket)?.host || podIp}:${port}`;
  const url = httpGet === undefined ? "" : httpUrl(httpGet, httpGet.host || podIp, port);
  const status = /^status (\d+)$/.exec(result)?.[1];
  if (status !== undefined) {
    return Number(status) >= 200 && Number(status) < 400 ? SUCCESS : failure(`HTTP probe failed with statuscode: ${status}`);
  }
  const refused = `dial tcp ${address}: connect: connection refused`;
  if (result === "timeout") {
    if (exec !== undefined)
      return failure(`command timed out: "${(exec.command ?? []).join(" ")}" timed out after ${timeoutMs / 1000}s`);
    return failure(
      url === ""
        ? `dial tcp ${address}: i/o timeout`
        : `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    );
  }
  if (exec !== undefined) return failure("");
  return failure(url === "" ? refused : `Get "${url}": ${refused}`);
}

export const simulatedProber = (runtime: SimulatedRuntime): Prober => ({
  async probe(request) {
    const { containerId, kind, probe, timeoutMs } = request;
    const result = runtime.probe(containerId, kind);
    if (result !== undefined) return outcomeOf(result, request);
    if (probe.exec === undefined) return SUCCESS;
    try {
      const { exitCode, stdout, stderr } = await runtime.execSync(containerId, probe.exec.command ?? [], { timeoutMs });
      return exitCode === 0 ? SUCCESS : failure(decodeUtf8(stdout) + decodeUtf8(stderr));
    } catch (error) {
      return isRuntimeError(error, "DeadlineExceeded")
        ? outcomeOf("timeout", request)
        : { result: "error", output: String(error) };
    }
  },
});
