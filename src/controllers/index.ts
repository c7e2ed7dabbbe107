/**
 * All controllers, in one ordered list: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/
 *
 * A new one is a folder or file and a line here.
 */
import { certificateApprovingController } from "./certificates/approving.ts";
import { certificateCleaningController } from "./certificates/cleaning.ts";
import type { CertificateSigner } from "./certificates/request.ts";
import { certificateSigningController } from "./certificates/signing.ts";
import { clusterRoleAggregationController } from "./cluster-role-aggregation.ts";
import type { AnyController, ControlLoop } from "./controller.ts";
import { cronJobController } from "./cron-job/controller.ts";
import { daemonSetController } from "./daemon-set/controller.ts";
import { deploymentController } from "./deployment/controller.ts";
import { disruptionController } from "./disruption/controller.ts";
import { endpointSliceController } from "./endpoints/endpoint-slices.ts";
import { endpointsController } from "./endpoints/endpoints.ts";
import { endpointSliceMirroringController } from "./endpoints/mirroring.ts";
import { garbageCollector } from "./garbage-collector/controller.ts";
import { horizontalPodAutoscalerController } from "./horizontal-pod-autoscaler/controller.ts";
import { jobController } from "./job/controller.ts";
import { ttlAfterFinishedController } from "./job/time-to-live.ts";
import { namespaceController } from "./namespace/controller.ts";
import { nodeIpamController } from "./node-ipam.ts";
import { type NodeLifecycleOptions, nodeLifecycleController } from "./node-lifecycle/controller.ts";
import { taintEvictionController } from "./node-lifecycle/taint-eviction.ts";
import { claimProtection } from "./persistent-volume/claim-protection.ts";
import { claimBinder } from "./persistent-volume/claims.ts";
import { ephemeralVolumeController } from "./persistent-volume/ephemeral.ts";
import { type VolumeReclaimOptions, volumeBinder, volumeProtection } from "./persistent-volume/volumes.ts";
import { type PodGarbageOptions, podGarbageCollector } from "./pod-garbage-collector.ts";
import { replicaSetController, replicationController } from "./replica-set/controller.ts";
import { resourceQuotaController } from "./resource-quota/controller.ts";
import { serviceAccountController } from "./service-account/default-account.ts";
import { rootCaPublisher } from "./service-account/root-ca.ts";
import { type TokenSecretsOptions, tokenSecretsController } from "./service-account/token-secrets.ts";
import { statefulSetController } from "./stateful-set/controller.ts";

export type { CertificateSigner } from "./certificates/request.ts";
export type { AnyController, ControlLoop } from "./controller.ts";
export { type ControllersOptions, type RunningControllers, startControllers } from "./runner.ts";

/** What controllers need to know besides what the API tells them. */
export interface ControllersConfiguration extends TokenSecretsOptions {
  nodeLifecycle?: NodeLifecycleOptions;
  podGarbage?: PodGarbageOptions;
  volumes?: VolumeReclaimOptions;
  /** The range out of which nodes get theirs. */
  podCidr: string;
  /** Signs requests for certificates; without one they stay unsigned. */
  signer?: CertificateSigner | undefined;
}

export const allControllers = (configuration: ControllersConfiguration): readonly AnyController[] => [
  namespaceController,
  serviceAccountController,
  rootCaPublisher(configuration.rootCa),
  tokenSecretsController(configuration),
  replicaSetController,
  replicationController,
  deploymentController,
  daemonSetController(),
  statefulSetController,
  cronJobController,
  jobController,
  ttlAfterFinishedController,
  endpointSliceController,
  endpointsController,
  endpointSliceMirroringController,
  nodeIpamController(configuration.podCidr),
  nodeLifecycleController(configuration.nodeLifecycle),
  taintEvictionController(),
  horizontalPodAutoscalerController,
  claimBinder,
  volumeBinder(configuration.volumes),
  claimProtection,
  volumeProtection,
  ephemeralVolumeController,
  disruptionController,
  resourceQuotaController,
  podGarbageCollector(configuration.podGarbage),
  clusterRoleAggregationController,
  certificateCleaningController,
  ...(configuration.signer
    ? [certificateApprovingController(configuration.signer), certificateSigningController(configuration.signer)]
    : []),
];

export const allLoops = (): readonly ControlLoop[] => [garbageCollector];
