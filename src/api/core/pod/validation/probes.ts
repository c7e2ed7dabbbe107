/** Field errors of probes and lifecycle hooks, and of the actions both are made of. */
import type { DeepReadonly } from "../../../../base/readonly.ts";
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from "../../../generated/shared.ts";
import { numberOf } from "../../../integer.ts";
import { notNegative, portOrNameErrors } from "../../../validation.ts";
import type { Report } from "../../../validation-report.ts";

function validatePort(port: number | string, report: Report): void {
  for (const complaint of portOrNameErrors(port)) report.invalid(port, complaint);
}

function validateHttpGet(action: DeepReadonly<HTTPGetAction>, report: Report): void {
  if (!action.path) report.at("path").required();
  validatePort(action.port, report.at("port"));
  if (action.scheme !== "HTTP" && action.scheme !== "HTTPS")
    report.at("scheme").notSupported(action.scheme ?? "", ["HTTP", "HTTPS"]);
  action.httpHeaders?.forEach(({ name }, index) => {
    if (!/^[-A-Za-z0-9_]+$/.test(name))
      report.at("httpHeaders", index, "name").invalid(name, "a valid HTTP header must consist of alphanumeric characters or '-'");
  });
}

type Action = DeepReadonly<Pick<Probe, "exec" | "httpGet" | "tcpSocket" | "grpc"> & Pick<LifecycleHandler, "sleep">>;

/** One action and no more; the first one counts. */
function validateAction(action: Action, gracePeriodSeconds: number | undefined, report: Report): void {
  let found = 0;
  const only = (field: string, validate: () => void): void => {
    if (found++ > 0) report.at(field).forbidden("may not specify more than 1 handler type");
    else validate();
  };
  const { exec, httpGet, tcpSocket, grpc, sleep } = action;
  if (exec) only("exec", () => exec.command?.length || report.at("exec", "command").required());
  if (httpGet) only("httpGet", () => validateHttpGet(httpGet, report.at("httpGet")));
  if (tcpSocket) only("tcpSocket", () => validatePort(tcpSocket.port, report.at("tcpSocket", "port")));
  if (grpc) only("grpc", () => validatePort(grpc.port, report.at("grpc", "port")));
  if (sleep) {
    only("sleep", () => {
      const most = numberOf(gracePeriodSeconds) ?? 0;
      if (numberOf(sleep.seconds) < 0 || numberOf(sleep.seconds) > most)
        report.at("sleep").invalid(sleep.seconds, `must be non-negative and less than terminationGracePeriodSeconds (${most})`);
    });
  }
  if (found === 0) report.required("must specify a handler type");
}

export type ProbeKind = "livenessProbe" | "readinessProbe" | "startupProbe";

export function validateProbe(probe: DeepReadonly<Probe> | undefined, kind: ProbeKind, report: Report): void {
  if (!probe) return;
  validateAction(probe, undefined, report);
  notNegative(probe.initialDelaySeconds, report.at("initialDelaySeconds"));
  notNegative(probe.timeoutSeconds, report.at("timeoutSeconds"));
  notNegative(probe.periodSeconds, report.at("periodSeconds"));
  notNegative(probe.successThreshold, report.at("successThreshold"));
  notNegative(probe.failureThreshold, report.at("failureThreshold"));
  const grace = probe.terminationGracePeriodSeconds;
  if (kind === "readinessProbe") {
    if (grace !== undefined) report.at("terminationGracePeriodSeconds").invalid(grace, "must not be set for readinessProbes");
    return;
  }
  if (grace !== undefined && numberOf(grace) <= 0)
    report.at("terminationGracePeriodSeconds").invalid(grace, "must be greater than 0");
  if (probe.successThreshold !== 1) report.at("successThreshold").invalid(probe.successThreshold, "must be 1");
}

export function validateLifecycle(
  lifecycle: DeepReadonly<Lifecycle> | undefined,
  gracePeriodSeconds: number | undefined,
  report: Report,
): void {
  if (lifecycle?.postStart) validateAction(lifecycle.postStart, gracePeriodSeconds, report.at("postStart"));
  if (lifecycle?.preStop) validateAction(lifecycle.preStop, gracePeriodSeconds, report.at("preStop"));
}
