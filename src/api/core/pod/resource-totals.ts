/** What a Pod as a whole requests and is limited to, as quantities: for messages and for quotas. */

import type { DeepReadonly } from "../../../base/readonly.ts";
import type { PodSpec } from "../../generated/shared.ts";
import { addQuantities, maxQuantity } from "../../quantity.ts";

type Quantities = Record<string, string>;

function combine(into: Quantities, from: Readonly<Quantities> | undefined, how: (a: string, b: string) => string): Quantities {
  for (const [name, value] of Object.entries(from ?? {})) into[name] = into[name] === undefined ? value : how(into[name], value);
  return into;
}

function total(spec: DeepReadonly<PodSpec>, which: "requests" | "limits"): Quantities {
  const running: Quantities = {};
  for (const { resources } of spec.containers) combine(running, resources?.[which], addQuantities);
  const sidecars: Quantities = {};
  const starting: Quantities = {};
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    const own = resources?.[which];
    if (restartPolicy === "Always") combine(starting, combine(sidecars, own, addQuantities), maxQuantity);
    else combine(starting, combine({ ...sidecars }, own, addQuantities), maxQuantity);
  }
  const whole = combine(combine(running, sidecars, addQuantities), starting, maxQuantity);
  Object.assign(whole, spec.resources?.[which]);
  return combine(whole, spec.overhead, addQuantities);
}

/** Init containers run one after the other beside the sidecars started before them: the larger need counts. */
export const podResources = (spec: DeepReadonly<PodSpec>): { requests: Quantities; limits: Quantities } => ({
  requests: total(spec, "requests"),
  limits: total(spec, "limits"),
});
