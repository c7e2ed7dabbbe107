/**
 * Health endpoints: `/healthz`, `/livez` and `/readyz`, each a list of named checks, each check alone below it.
 *
 * Anybody may ask, so an answer says which check failed but not why; the reason goes to the log, and to who may read the one check.
 * https://kubernetes.io/docs/reference/using-api/health-checks/
 */
import { encodeUtf8 } from "../base/bytes.ts";
import type { HttpRequest, HttpResponse } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";

export interface HealthCheck {
  readonly name: string;
  /** Resolves with why it is not healthy, or undefined. A rejection counts as unhealthy too. */
  check(): string | undefined | Promise<string | undefined>;
}

/** Always healthy: that it answers is all that it says. */
export const ping: HealthCheck = { name: "ping", check: () => undefined };

export interface HealthOptions {
  /** Checks by endpoint: `healthz`, `livez`, `readyz`. In the order in which they are told. */
  endpoints: Readonly<Record<string, readonly HealthCheck[]>>;
  logger: Logger;
}

/** Answers any method, as upstream does; undefined for other paths. */
export function healthRoute({
  endpoints,
  logger,
}: HealthOptions): (request: HttpRequest) => Promise<HttpResponse> | HttpResponse | undefined {
  return ({ path, query }) => {
    const [, endpoint = "", name, ...more] = path.split("/");
    const checks = Object.hasOwn(endpoints, endpoint) ? endpoints[endpoint] : undefined;
    if (checks === undefined) return undefined;
    if (name === undefined || (name === "" && more.length === 0))
      return all(endpoint, checks, new URLSearchParams(query), logger);
    const check = more.length === 0 ? checks.find((each) => each.name === name) : undefined;
    return check === undefined ? text(404, "404 page not found\n") : one(check);
  };
}

const text = (status: number, body: string): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  body: encodeUtf8(body),
});

async function outcome({ check }: HealthCheck): Promise<string | undefined> {
  try {
    return await check();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function one(check: HealthCheck): Promise<HttpResponse> {
  const problem = await outcome(check);
  return problem === undefined ? text(200, "ok") : text(500, `internal server error: ${problem}\n`);
}

async function all(
  endpoint: string,
  checks: readonly HealthCheck[],
  query: URLSearchParams,
  logger: Logger,
): Promise<HttpResponse> {
  const excluded = new Set(query.getAll("exclude").filter(Boolean));
  const outcomes = await Promise.all(checks.map((check) => (excluded.has(check.name) ? undefined : outcome(check))));
  const lines = checks.map(({ name }, index) => line(name, excluded.has(name), outcomes[index]));
  const unknown = [...excluded].filter((name) => !checks.some((check) => check.name === name)).sort();
  if (unknown.length > 0) {
    const names = unknown.map((name) => JSON.stringify(name)).join(",");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  const failed = checks.filter((_check, index) => outcomes[index] !== undefined).map(({ name }) => name);
  if (failed.length > 0) {
    const reasons = failed.map((name) => `${name}: ${outcomes[checks.findIndex((check) => check.name === name)]}`).join("; ");
    logger.warn(`${endpoint} check failed`, { reasons });
    return text(500, [...lines, `${endpoint} check failed`, ""].join("\n"));
  }
  return text(200, query.has("verbose") ? [...lines, `${endpoint} check passed`, ""].join("\n") : "ok");
}

function line(name: string, isExcluded: boolean, problem: string | undefined): string {
  if (isExcluded) return `[+]${name} excluded: ok`;
  return problem === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`;
}
