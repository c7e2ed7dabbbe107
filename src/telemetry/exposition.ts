/** The text form in which Prometheus reads metrics, and the route that answers it. */
import { encodeUtf8 } from "../base/bytes.ts";
import type { HttpRequest, HttpResponse } from "../base/http.ts";
import type { Counter, Family, Gauge, Histogram, Registry } from "./registry.ts";

export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/** All metrics as text. */
export function expose(registry: Registry): string {
  const lines: string[] = [];
  for (const family of registry.scrape()) exposeFamily(family, lines);
  return `${lines.join("\n")}\n`;
}

/** One figure that was read at a moment of its own. */
export interface Sample {
  labels?: Readonly<Record<string, string>>;
  value: number;
  /** Milliseconds since the epoch; absent: the moment of the scrape. */
  timeMs?: number;
}

/** Figures of one name that somebody else counts: they are read, not kept. */
export interface SampleFamily {
  name: string;
  help: string;
  type: "counter" | "gauge";
  samples: readonly Sample[];
}

/** Figures as text; families without any are left out. */
export function exposeSamples(families: readonly SampleFamily[]): string {
  const lines: string[] = [];
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue;
    lines.push(...headOf(name, help, type));
    for (const { labels = {}, value, timeMs } of samples) {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
      lines.push(`${sample(name, pairs, value)}${timeMs === undefined ? "" : ` ${Math.floor(timeMs)}`}`);
    }
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** Answers GET /metrics. */
export function metricsRoute(registry: Registry): (request: HttpRequest) => HttpResponse | undefined {
  return ({ method, path }) => {
    if (path !== "/metrics" || (method !== "GET" && method !== "HEAD")) return undefined;
    return { status: 200, headers: { "content-type": METRICS_CONTENT_TYPE }, body: encodeUtf8(expose(registry)) };
  };
}

function exposeFamily(family: Family<Counter | Gauge | Histogram>, lines: string[]): void {
  const { name, help, type } = family;
  const samples: string[] = [];
  for (const [values, series] of family.series()) {
    const labels = family.labels.map((label, index) => `${label}="${escapeLabel(values[index] ?? "")}"`);
    if ("counts" in series) exposeHistogram(family, series, labels, samples);
    else samples.push(sample(name, labels, series.value));
  }
  if (samples.length === 0) return;
  lines.push(...headOf(name, help, type), ...samples);
}

const headOf = (name: string, help: string, type: string): string[] => [
  `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
  `# TYPE ${name} ${type}`,
];

function exposeHistogram(
  { name, bounds }: Family<unknown>,
  series: Histogram,
  labels: readonly string[],
  samples: string[],
): void {
  let below = 0;
  bounds.forEach((bound, index) => {
    below += series.counts[index] ?? 0;
    samples.push(sample(`${name}_bucket`, [...labels, `le="${bound}"`], below));
  });
  samples.push(
    sample(`${name}_bucket`, [...labels, 'le="+Inf"'], series.count),
    sample(`${name}_sum`, labels, series.sum),
    sample(`${name}_count`, labels, series.count),
  );
}

const sample = (name: string, labels: readonly string[], value: number): string =>
  `${name}${labels.length > 0 ? `{${labels.join(",")}}` : ""} ${formatNumber(value)}`;

const formatNumber = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";

const escapeLabel = (value: string): string => value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
