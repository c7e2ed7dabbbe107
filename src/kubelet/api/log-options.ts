/**
 * PodLogOptions, as a kubelet reads them. The API server has checked what its clients ask, in words of its own; who asks a node itself
 * is told less.
 */
import { ApiError, badRequest } from "../../api/errors.ts";

export interface LogOptions {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines: number | undefined;
  sinceSeconds: number | undefined;
  /** Milliseconds since the epoch. */
  sinceTimeMs: number | undefined;
  limitBytes: number | undefined;
  stream: string;
}

const STREAMS = ["All", "Stderr", "Stdout"];

const unreadable = (): ApiError => badRequest('{"message": "Unable to decode query."}');

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  if (!/^[+-]?\d+$/.test(value)) throw unreadable();
  return Number(value);
}

/** Anything but `false` and `0` is a yes. */
function flagOf(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value.toLowerCase() !== "false" && value !== "0";
}

function timeOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  const timeMs = Date.parse(value);
  if (Number.isNaN(timeMs)) throw unreadable();
  return timeMs;
}

function isSensible({ tailLines, limitBytes, sinceSeconds, sinceTimeMs, stream }: LogOptions): boolean {
  return (
    (tailLines ?? 0) >= 0 &&
    (limitBytes ?? 1) >= 1 &&
    (sinceSeconds ?? 1) >= 1 &&
    (sinceSeconds === undefined || sinceTimeMs === undefined) &&
    STREAMS.includes(stream) &&
    (stream === "All" || tailLines === undefined)
  );
}

/** Throws 400 where a value is not of its type, 422 where it makes no sense. */
export function logOptionsOf(query: URLSearchParams): LogOptions {
  const tail = query.get("tail");
  const options = {
    follow: flagOf(query, "follow"),
    previous: flagOf(query, "previous"),
    timestamps: flagOf(query, "timestamps"),
    tailLines: tail === "all" ? undefined : numberOf(query, tail ? "tail" : "tailLines"),
    sinceSeconds: numberOf(query, "sinceSeconds"),
    sinceTimeMs: timeOf(query, "sinceTime"),
    limitBytes: numberOf(query, "limitBytes"),
    stream: query.get("stream") ?? "All",
  };
  if (isSensible(options)) return options;
  throw new ApiError({ code: 422, reason: "Invalid", message: '{"message": "Invalid request."}' });
}
