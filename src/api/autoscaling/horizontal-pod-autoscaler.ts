/** autoscaling/v2 HorizontalPodAutoscaler. */
import type * as generated from "../generated/autoscaling-v2.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type HorizontalPodAutoscaler = generated.HorizontalPodAutoscaler;

const strategy: Strategy<HorizontalPodAutoscaler> = {};

export const HorizontalPodAutoscaler: Resource<HorizontalPodAutoscaler> = resource(
  { group: "autoscaling", resource: "horizontalpodautoscalers" },
  strategy,
);
