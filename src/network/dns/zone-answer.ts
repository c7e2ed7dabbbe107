/**
 * What the cluster's DNS answers to a question: pure. Names are those of Kubernetes' DNS specification, version 1.1.0.
 *
 *   SERVICE.NAMESPACE.svc.DOMAIN                 A, AAAA; SRV for all ports; CNAME of an ExternalName Service
 *   _PORT._PROTOCOL.SERVICE.NAMESPACE.svc.DOMAIN SRV
 *   HOSTNAME.SERVICE.NAMESPACE.svc.DOMAIN        A, AAAA of one endpoint
 *   1-2-3-4.NAMESPACE.pod.DOMAIN                 A
 *   addresses of the Pod and Service ranges      PTR
 *
 * https://github.com/kubernetes/dns/blob/master/docs/specification.md
 */
import { isIPv4 } from "../../api/names.ts";
import type { ClusterNames } from "./cluster-names.ts";
import { pointerAnswer } from "./reverse.ts";
import { serviceNameAnswer } from "./service-records.ts";
import {
  addressRecords,
  MISSING,
  NOTHING,
  startOfAuthority,
  TTL_SECONDS,
  type Zone,
  type ZoneAnswer,
  type ZoneQuestion,
} from "./zone.ts";

/** Of Kubernetes' DNS specification. */
const SPECIFICATION_VERSION = "1.1.0";

function apexAnswer(zone: Zone, { type }: ZoneQuestion): ZoneAnswer {
  if (type === "SOA") return { kind: "found", answers: [startOfAuthority(zone)] };
  if (type !== "NS") return NOTHING;
  const data = `ns.dns.${zone.domain}`;
  return {
    kind: "found",
    answers: [{ name: zone.domain, type: "NS", ttl: TTL_SECONDS, data }],
    additionals: addressRecords(data, "A", [zone.address]),
  };
}

function versionAnswer({ name, type }: ZoneQuestion): ZoneAnswer {
  if (type !== "TXT") return NOTHING;
  return { kind: "found", answers: [{ name, type, ttl: TTL_SECONDS, data: SPECIFICATION_VERSION }] };
}

/** `labels` stand before `pod`. */
function podAnswer(labels: readonly string[], question: ZoneQuestion, cluster: ClusterNames): ZoneAnswer {
  const [namespace, dashed, ...more] = labels.toReversed();
  if (namespace === undefined) return NOTHING;
  if (!cluster.hasNamespace(namespace)) return MISSING;
  if (dashed === undefined) return NOTHING;
  const address = dashed.replaceAll("-", ".");
  if (more.length > 0 || !isIPv4(address)) return MISSING;
  return { kind: "found", answers: addressRecords(question.name, question.type, [address]) };
}

/** Undefined where the name is not ours: somebody else knows. */
export function answerFromZone(zone: Zone, question: ZoneQuestion, cluster: ClusterNames): ZoneAnswer | undefined {
  const { name } = question;
  if (name === zone.domain) return apexAnswer(zone, question);
  if (!name.endsWith(`.${zone.domain}`)) return pointerAnswer(zone, question, cluster);
  const labels = name.slice(0, -zone.domain.length - 1).split(".");
  const kind = labels.at(-1);
  const before = labels.slice(0, -1);
  if (kind === "svc") return serviceNameAnswer(zone, before, question, cluster);
  if (kind === "pod") return podAnswer(before, question, cluster);
  if (kind === "dns-version" && before.length === 0) return versionAnswer(question);
  if (kind === "dns" && before.length === 0) return NOTHING;
  if (kind === "dns" && before.join(".") === "ns")
    return { kind: "found", answers: addressRecords(name, question.type, [zone.address]) };
  return MISSING;
}
