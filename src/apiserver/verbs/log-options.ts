/** PodLogOptions, from the query of a request for a log. https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
import { badRequest, invalid, type StatusCause } from "../../api/errors.ts";
import { report } from "../../api/validation-report.ts";
import { queryFlag } from "../request-info.ts";

const STREAMS = ["All", "Stderr", "Stdout"];

/** Throws 400, in Go's words, for what is no number of 64 bits. */
function integerOf(query: URLSearchParams, name: string): bigint | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const failed = (why: string): Error => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw failed("invalid syntax");
  const value = BigInt(text);
  if (BigInt.asIntN(64, value) !== value) throw failed("value out of range");
  return value;
}

function timeOf(query: URLSearchParams): string | undefined {
  const text = query.get("sinceTime");
  if (text === null || text === "") return undefined;
  const time = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(time))
    throw badRequest(
      `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`,
    );
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}

/** What the kubelet is asked, in its own names. Throws 422 where options contradict each other. */
export function kubeletLogQuery(query: URLSearchParams, podName: string): string {
  const [tailLines, limitBytes, sinceSeconds] = ["tailLines", "limitBytes", "sinceSeconds"].map((name) => integerOf(query, name));
  const sinceTime = timeOf(query);
  const stream = query.get("stream") ?? "All";
  const causes: StatusCause[] = [];
  const root = report(causes);
  if (tailLines !== undefined && tailLines < 0n)
    root.at("tailLines").invalid(Number(tailLines), "must be greater than or equal to 0");
  if (limitBytes !== undefined && limitBytes < 1n) root.at("limitBytes").invalid(Number(limitBytes), "must be greater than 0");
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    root.at("").forbidden("at most one of `sinceTime` or `sinceSeconds` may be specified");
  else if (sinceSeconds !== undefined && sinceSeconds < 1n)
    root.at("sinceSeconds").invalid(Number(sinceSeconds), "must be greater than 0");
  if (!STREAMS.includes(stream)) root.at("stream").notSupported(stream, STREAMS);
  if (stream !== "All" && tailLines !== undefined)
    root.at("").forbidden("`tailLines` and specific `stream` are mutually exclusive for now");
  if (causes.length > 0) throw invalid({ group: "", kind: "PodLogOptions" }, podName, causes);
  const passed = new URLSearchParams();
  for (const flag of ["follow", "previous", "timestamps"]) if (queryFlag(query, flag)) passed.set(flag, "true");
  for (const [name, value] of Object.entries({ limitBytes, sinceSeconds, tailLines }))
    if (value !== undefined) passed.set(name, String(value));
  if (sinceTime !== undefined) passed.set("sinceTime", sinceTime);
  passed.set("stream", stream);
  return passed.toString();
}
