/** What the API takes and warns of, kind by kind. */
import { expect, test } from "vitest";
import { StatefulSet } from "./apps/stateful-set.ts";
import { CronJob } from "./batch/cron-job.ts";
import { Job } from "./batch/job.ts";
import { Endpoints } from "./core/endpoints.ts";
import { Node } from "./core/node.ts";
import { PersistentVolume } from "./core/persistent-volume.ts";
import { PersistentVolumeClaim } from "./core/persistent-volume-claim.ts";
import { PodTemplate } from "./core/pod-template.ts";
import { ReplicationController } from "./core/replication-controller.ts";
import { ResourceQuota } from "./core/resource-quota.ts";
import { Service } from "./core/service.ts";
import { ServiceAccount } from "./core/service-account.ts";
import { EndpointSlice } from "./discovery/endpoint-slice.ts";
import { Ingress } from "./networking/ingress.ts";
import { NetworkPolicy } from "./networking/network-policy.ts";
import { RuntimeClass } from "./node/runtime-class.ts";
import { ResourceSlice } from "./resource/resource-slice.ts";
import type { AnyResource } from "./row.ts";
import { CSIDriver } from "./storage/csi-driver.ts";
import { CSIStorageCapacity } from "./storage/csi-storage-capacity.ts";
import { StorageClass } from "./storage/storage-class.ts";

const annotated = (name: string) => ({ metadata: { name: "x", annotations: { [name]: "" } }, spec: {} });
const NOT_CANONICAL = '"2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")';
const RANGE_NOT_CANONICAL = 'IPv6 CIDR value "2001:DB8::/64" should be in RFC 5952 canonical format ("2001:db8::/64")';
const OLD_ZONE = 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead';
const ZONE = "failure-domain.beta.kubernetes.io/zone";
const claim = { resources: { requests: { storage: "1500m" } } };
const FRACTION = 'fractional byte value "1500m" is invalid, must be an integer';

const CASES: [AnyResource, object, string][] = [
  [
    PersistentVolume,
    annotated("volume.beta.kubernetes.io/storage-class"),
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
  ],
  [
    PersistentVolume,
    { spec: { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: ZONE, operator: "Exists" }] }] } } } },
    `spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: ${ZONE} is ${OLD_ZONE}`,
  ],
  [PersistentVolumeClaim, { spec: claim }, `spec.resources.requests[storage]: ${FRACTION}`],
  [
    StatefulSet,
    { spec: { volumeClaimTemplates: [{ spec: claim }] } },
    `spec.volumeClaimTemplates[0].spec.resources.requests[storage]: ${FRACTION}`,
  ],
  [
    StatefulSet,
    { spec: { revisionHistoryLimit: -1 } },
    "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
  ],
  [
    ServiceAccount,
    annotated("kubernetes.io/enforce-mountable-secrets"),
    "metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets",
  ],
  [
    ResourceQuota,
    { spec: { hard: { cpu: "2", "limits.cpu": "1500m" } } },
    "ResourceQuota cpu (2) should be less than limits.cpu (1500m)",
  ],
  [
    Ingress,
    annotated("kubernetes.io/ingress.class"),
    "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead",
  ],
  [
    Service,
    annotated("service.kubernetes.io/topology-aware-hints"),
    "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
  ],
  [Service, { spec: { type: "ClusterIP", externalIPs: ["2001:DB8::1"] } }, `spec.externalIPs[0]: IPv6 address ${NOT_CANONICAL}`],
  [
    Service,
    { spec: { type: "LoadBalancer", loadBalancerSourceRanges: ["2001:DB8::/64"] } },
    `spec.loadBalancerSourceRanges[0]: ${RANGE_NOT_CANONICAL}`,
  ],
  [
    Service,
    { spec: { type: "ClusterIP", trafficDistribution: "PreferClose" } },
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ],
  [Endpoints, { subsets: [{ addresses: [{ ip: "2001:DB8::1" }] }] }, `subsets[0].addresses[0].ip: IPv6 address ${NOT_CANONICAL}`],
  [
    EndpointSlice,
    { addressType: "IPv6", endpoints: [{ addresses: ["2001:DB8::1"] }] },
    `endpoints[0].addresses[0]: IPv6 address ${NOT_CANONICAL}`,
  ],
  [Node, { spec: { podCIDRs: ["2001:DB8::/64"] } }, `spec.podCIDRs[0]: ${RANGE_NOT_CANONICAL}`],
  [
    NetworkPolicy,
    { spec: { egress: [{ to: [{ ipBlock: { cidr: "2001:DB8::/64" } }] }] } },
    `spec.egress[0].to[0].ipBlock.cidr: ${RANGE_NOT_CANONICAL}`,
  ],
  [RuntimeClass, { scheduling: { nodeSelector: { [ZONE]: "a" } } }, `scheduling.nodeSelector: ${OLD_ZONE}`],
  [
    StorageClass,
    { allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: ["a"] }] }] },
    `allowedTopologies[0].matchLabelExpressions[0].key: ${OLD_ZONE}`,
  ],
  [CSIStorageCapacity, { nodeTopology: { matchLabels: { [ZONE]: "a" } } }, `nodeTopology.matchLabels.${ZONE}: ${OLD_ZONE}`],
  [
    CSIDriver,
    { spec: { tokenRequests: [{ audience: "a" }] } },
    "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes",
  ],
  [
    ResourceSlice,
    { spec: { driver: "A.example.com" } },
    'spec.driver: driver names should be lowercase; "A.example.com" contains uppercase characters',
  ],
  [
    PodTemplate,
    { template: { spec: { containers: [], nodeSelector: { [ZONE]: "a" } } } },
    `template.spec.nodeSelector[${ZONE}]: ${OLD_ZONE}`,
  ],
  [
    ReplicationController,
    { metadata: { name: "a.b" }, spec: {} },
    "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
  ],
  [
    Job,
    { spec: { completionMode: "Indexed", completions: 100_001, parallelism: 10_001 } },
    "spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail",
  ],
];

// The rows themselves are too big to be printed in titles.
test.each(CASES.map(([row, content, warning], index) => [row.kind, warning, content, index] as const))(
  "a %s is warned of: %s",
  (_kind, warning, content, index) => {
    const object = { metadata: { name: "x" }, ...content };
    const row = CASES[index]?.[0];
    expect(row?.strategy.warnings?.(object as never, undefined)).toContain(warning);
  },
);

test("what stands unchanged in an update is not warned of again, where it was said on create", () => {
  const account = annotated("kubernetes.io/enforce-mountable-secrets");
  expect(ServiceAccount.strategy.warnings?.(account as never, account as never)).toEqual([]);
  const template = { metadata: { name: "x" }, template: { spec: { containers: [], nodeSelector: { [ZONE]: "a" } } } };
  expect(PodTemplate.strategy.warnings?.(template as never, template as never)).toEqual([]);
});

test("a zone in a schedule is warned of in updates, since creates are refused", () => {
  const cronJob = { metadata: { name: "x" }, spec: { schedule: "CRON_TZ=UTC * * * * *", jobTemplate: { spec: {} } } };
  expect(CronJob.strategy.warnings?.(cronJob as never, cronJob as never)).toContain(
    "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
  );
});
