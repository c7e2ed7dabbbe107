/**
 * IntOrString: a number, or a text such as `25%`.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/ (maxSurge, maxUnavailable)
 */
export type IntOrString = number | string;

/** The value scaled to `total`: a percentage is rounded up or down, a number is itself. Undefined where the text is no percentage. */
export function scaledValue(value: IntOrString, total: number, round: "up" | "down"): number | undefined {
  if (typeof value === "number") return value;
  const percent = /^[-+]?[0-9]+%$/.test(value) ? Number(value.slice(0, -1)) : undefined;
  if (percent === undefined) return undefined;
  return round === "up" ? Math.ceil((total * percent) / 100) : Math.floor((total * percent) / 100);
}
