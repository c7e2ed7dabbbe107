/** The gRPC health check, over HTTP/2 without TLS: https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
import { connect, constants } from "node:http2";
import { concatBytes, encodeUtf8 } from "../../base/bytes.ts";
import type { Clock } from "../../base/clock.ts";
import type { ProbeOutcome, ProbeRequest } from "../probes/prober.ts";

const STATUS_NAMES: readonly string[] = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];
const SERVING = 1;

/** A length-prefixed message with the service's name as field 1. */
function checkRequest(service: string): Uint8Array {
  const name = encodeUtf8(service);
  const message = name.length === 0 ? new Uint8Array(0) : concatBytes([Uint8Array.of(0x0a, name.length), name]);
  return concatBytes([Uint8Array.of(0, 0, 0, 0, message.length), message]);
}

/** Field 1 of the answer; 0 where it is not there. */
const servingStatus = (answer: Uint8Array): number => (answer[5] === 0x08 ? (answer[6] ?? 0) : 0);

export function probeGrpc(clock: Clock, { probe, podIp, timeoutMs }: ProbeRequest): Promise<ProbeOutcome> {
  const port = probe.grpc?.port ?? 0;
  const service = probe.grpc?.service ?? "";
  const authority = `${podIp.includes(":") ? `[${podIp}]` : podIp}:${port}`;
  return new Promise((resolve) => {
    const session = connect(`http://${authority}`);
    const done = (outcome: ProbeOutcome): void => {
      limit.cancel();
      session.destroy();
      resolve(outcome);
    };
    const unreachable = `timeout: failed to connect service "${authority}" within ${timeoutMs / 1000}s`;
    const limit = clock.after(timeoutMs, () => done({ result: "failure", output: unreachable }));
    session.on("error", () => done({ result: "failure", output: unreachable }));
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
    });
    const parts: Uint8Array[] = [];
    let code = "";
    stream.on("data", (part: Uint8Array) => parts.push(part));
    stream.on("response", (headers) => {
      code = String(headers["grpc-status"] ?? code);
    });
    stream.on("trailers", (headers) => {
      code = String(headers["grpc-status"] ?? code);
    });
    stream.on("error", () => done({ result: "failure", output: unreachable }));
    stream.on("end", () => {
      const serving = servingStatus(concatBytes(parts));
      if (code === "12")
        done({ result: "failure", output: `this server does not implement the grpc health protocol (grpc.health.v1.Health)` });
      else if (code !== "0" && code !== "") done({ result: "failure", output: `health rpc probe failed: status code ${code}` });
      else if (serving === SERVING) done({ result: "success", output: "service healthy" });
      else done({ result: "failure", output: `service unhealthy (responded with "${STATUS_NAMES[serving] ?? "UNKNOWN"}")` });
    });
    stream.end(checkRequest(service));
  });
}
