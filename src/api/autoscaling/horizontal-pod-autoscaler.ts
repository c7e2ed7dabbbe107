/**
 * autoscaling/v2 HorizontalPodAutoscaler: as many replicas as the load needs.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
 */
import type * as generated from "../generated/autoscaling-v2.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { horizontalPodAutoscalerCells } from "./horizontal-pod-autoscaler-columns.ts";
import { validateAutoscaler, validateAutoscalerStatus } from "./horizontal-pod-autoscaler-validation.ts";
import { autoscalingV1Face } from "./v1-conversion.ts";

export type HorizontalPodAutoscaler = generated.HorizontalPodAutoscaler;

const PERIOD_SECONDS = 15;

const defaultMetric = (): generated.MetricSpec => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
});

/** Up: at once, by four Pods or to the double. */
const scaleUpRules = (): generated.HPAScalingRules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: PERIOD_SECONDS },
    { type: "Percent", value: 100, periodSeconds: PERIOD_SECONDS },
  ],
});

/** Down: as far as needed, after the window that the controller is configured with. */
const scaleDownRules = (): generated.HPAScalingRules => ({
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: PERIOD_SECONDS }],
});

const strategy: Strategy<HorizontalPodAutoscaler> = {
  unconditionalUpdate: true,

  default({ spec }) {
    spec.minReplicas ??= 1;
    if (!spec.metrics?.length) spec.metrics = [defaultMetric()];
    const { behavior } = spec;
    if (!behavior?.scaleUp && !behavior?.scaleDown) return;
    behavior.scaleUp = { ...scaleUpRules(), ...behavior.scaleUp };
    behavior.scaleDown = { ...scaleDownRules(), ...behavior.scaleDown };
  },

  prepareForCreate(autoscaler) {
    autoscaler.status = { currentMetrics: null, desiredReplicas: 0 } as unknown as HorizontalPodAutoscaler["status"];
  },

  validate: (autoscaler, _previous, report) => validateAutoscaler(autoscaler, report),
  validateSubresource: { status: (autoscaler, _previous, report) => validateAutoscalerStatus(autoscaler, report) },

  columns: horizontalPodAutoscalerCells,
};

export const HorizontalPodAutoscaler: Resource<HorizontalPodAutoscaler> = resource(
  { group: "autoscaling", resource: "horizontalpodautoscalers" },
  strategy,
  [autoscalingV1Face],
);
