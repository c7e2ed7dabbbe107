/**
 * Variables by which containers find Services without DNS.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
import type { Service } from "../../api/core/service.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

const prefixOf = (name: string): string => name.toUpperCase().replaceAll("-", "_");

function variablesOf({ metadata, spec }: DeepReadonly<Service>): Record<string, string> {
  const host = spec.clusterIP ?? "";
  const [first] = spec.ports ?? [];
  if (first === undefined) return {};
  const prefix = prefixOf(metadata.name);
  const variables: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: host,
    [`${prefix}_SERVICE_PORT`]: String(first.port),
  };
  for (const { name, port } of spec.ports ?? []) if (name) variables[`${prefix}_SERVICE_PORT_${prefixOf(name)}`] = String(port);
  const authority = host.includes(":") ? `[${host}]` : host;
  for (const [index, { port, protocol = "TCP" }] of (spec.ports ?? []).entries()) {
    const scheme = protocol.toLowerCase();
    const link = `${prefix}_PORT_${port}_${protocol}`;
    if (index === 0) variables[`${prefix}_PORT`] = `${scheme}://${authority}:${port}`;
    variables[link] = `${scheme}://${authority}:${port}`;
    variables[`${link}_PROTO`] = scheme;
    variables[`${link}_PORT`] = String(port);
    variables[`${link}_ADDR`] = host;
  }
  return variables;
}

const hasAddress = ({ spec }: DeepReadonly<Service>): boolean => !!spec.clusterIP && spec.clusterIP !== "None";

/** Of the Services in the Pod's namespace (unless it does not want them), and always of the API server. */
export function serviceVariables(
  services: Iterable<DeepReadonly<Service>>,
  apiServer: DeepReadonly<Service> | undefined,
  enabled: boolean,
): Record<string, string> {
  const variables: Record<string, string> = {};
  if (apiServer !== undefined && hasAddress(apiServer)) Object.assign(variables, variablesOf(apiServer));
  if (enabled) for (const service of services) if (hasAddress(service)) Object.assign(variables, variablesOf(service));
  return variables;
}
