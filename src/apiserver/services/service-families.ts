/**
 * IP families of a Service in a cluster with IPv4 only, and the forms in which its cluster address may be given.
 * https://kubernetes.io/docs/concepts/services-networking/dual-stack/
 */
import type { Service } from "../../api/core/service.ts";
import type { Report } from "../../api/validation-report.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

const HEADLESS = "None";

export const hasClusterIp = ({ spec }: DeepReadonly<Service>): boolean =>
  spec.type !== "ExternalName" && spec.clusterIP !== HEADLESS;

/** `clusterIP` is the first of `clusterIPs`; an update that leaves both out keeps what is there. */
export function normaliseClusterIps(service: Service, old: DeepReadonly<Service> | undefined): void {
  const { spec } = service;
  if (old && spec.type !== "ExternalName" && old.spec.type !== "ExternalName") {
    if (!spec.clusterIP && !spec.clusterIPs?.length) {
      if (old.spec.clusterIP) spec.clusterIP = old.spec.clusterIP;
      if (old.spec.clusterIPs) spec.clusterIPs = [...old.spec.clusterIPs];
    } else if (!spec.clusterIP && spec.clusterIPs?.[0] === old.spec.clusterIPs?.[0]) delete spec.clusterIPs;
    // Whoever changes the one without the other means both.
    else if (spec.clusterIP && spec.clusterIP !== old.spec.clusterIP && spec.clusterIPs?.[0] === old.spec.clusterIPs?.[0])
      spec.clusterIPs = [spec.clusterIP];
  }
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
}

/** Fills in families and policy, and reports what this cluster does not have. */
export function setFamilies(service: Service, report: Report): void {
  const { spec } = service;
  if (spec.type === "ExternalName") return;
  const bare = spec.clusterIP === HEADLESS && Object.keys(spec.selector ?? {}).length === 0;
  if (spec.ipFamilyPolicy === "RequireDualStack" && !bare)
    report.at("spec", "ipFamilyPolicy").invalid(spec.ipFamilyPolicy, "this cluster is not configured for dual-stack services");
  (spec.ipFamilies ?? []).forEach((family, index) => {
    if (family === "IPv6" && !bare) report.at("spec", "ipFamilies", index).invalid(family, "not configured on this cluster");
  });
  spec.ipFamilyPolicy ??= bare ? "RequireDualStack" : "SingleStack";
  if (!spec.ipFamilies?.length) spec.ipFamilies = bare && spec.ipFamilyPolicy !== "SingleStack" ? ["IPv4", "IPv6"] : ["IPv4"];
}
