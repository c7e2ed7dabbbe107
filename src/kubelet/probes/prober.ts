/**
 * How one probe is carried out. The kubelet decides when; a prober reaches the container: through the runtime (exec), the network
 * (http, tcp, grpc), or by asking a simulated container's behaviour.
 * https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 */
import type { Probe } from "../../api/generated/shared.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { PodContainer, ReadonlyPod } from "../pod/containers.ts";

export type ProbeKind = "startup" | "readiness" | "liveness";

export interface ProbeRequest {
  kind: ProbeKind;
  probe: DeepReadonly<Probe>;
  pod: ReadonlyPod;
  container: PodContainer;
  containerId: string;
  podIp: string;
  timeoutMs: number;
}

/** `error`: the probe itself could not be carried out; it counts as neither. `output`: what it found, for people. */
export interface ProbeOutcome {
  result: "success" | "failure" | "error";
  output: string;
}

export interface Prober {
  /** Never rejects; answers within the time-out and a little. */
  probe(request: ProbeRequest): Promise<ProbeOutcome>;
}

/** A port by number, or by the name that the container gives it. */
export function portOf(port: number | string, container: PodContainer): number | undefined {
  const asNumber = Number(port);
  if (Number.isInteger(asNumber) && asNumber > 0) return asNumber;
  return container.ports?.find(({ name }) => name === port)?.containerPort;
}

/** The address that an HTTP probe asks, as Go prints the URL. */
export function httpUrl(action: DeepReadonly<NonNullable<Probe["httpGet"]>>, host: string, port: number): string {
  const scheme = (action.scheme ?? "HTTP").toLowerCase();
  const path = action.path ?? "/";
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}${path.startsWith("/") ? "" : "/"}${path}`;
}
