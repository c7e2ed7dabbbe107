/**
 * v1 LimitRange: bounds and defaults of what containers, Pods and claims of a namespace ask for.
 * https://kubernetes.io/docs/concepts/policy/limit-range/
 */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { validateLimits } from "./limit-range-validation.ts";

export type LimitRange = generated.LimitRange;

const strategy: Strategy<LimitRange> = {
  createOnUpdate: true,
  validate: ({ spec }, _previous, report) => validateLimits(spec, report.at("spec")),

  unconditionalUpdate: true,

  /** A default limit is the maximum unless given; a default request the default limit, then the minimum. */
  default({ spec }) {
    for (const item of spec.limits ?? []) {
      if (item.type !== "Container") continue;
      const limits: Record<string, string> = { ...item.max, ...item.default };
      if (Object.keys(limits).length > 0) item.default = limits;
      const requests: Record<string, string> = { ...item.min, ...limits, ...item.defaultRequest };
      if (Object.keys(requests).length > 0) item.defaultRequest = requests;
    }
  },
};

export const LimitRange: Resource<LimitRange> = resource({ group: "", resource: "limitranges" }, strategy);
