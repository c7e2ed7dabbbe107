/** autoscaling/v2 HorizontalPodAutoscaler. */
import type * as generated from "../generated/autoscaling-v2.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { horizontalPodAutoscalerCells } from "./horizontal-pod-autoscaler-columns.ts";
import { autoscalingV1Face } from "./v1-conversion.ts";

export type HorizontalPodAutoscaler = generated.HorizontalPodAutoscaler;

const strategy: Strategy<HorizontalPodAutoscaler> = {
  columns: horizontalPodAutoscalerCells,
};

export const HorizontalPodAutoscaler: Resource<HorizontalPodAutoscaler> = resource(
  { group: "autoscaling", resource: "horizontalpodautoscalers" },
  strategy,
  [autoscalingV1Face],
);
