/** node.k8s.io/v1 RuntimeClass. */

import { validateTolerations } from "../core/pod/validation/scheduling.ts";
import { validateContainerResourceName, validateResourceAmount } from "../core/resource-names.ts";
import type * as generated from "../generated/node-v1.ts";
import { validateLabels } from "../meta-validation.ts";
import { dnsLabelErrors } from "../names.ts";
import { oldLabelWarnings } from "../node-label-warnings.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { follows, immutable } from "../validation.ts";

export type RuntimeClass = generated.RuntimeClass;

const strategy: Strategy<RuntimeClass> = {
  validate({ handler, overhead, scheduling }, previous, report) {
    follows(handler, dnsLabelErrors, report.at("handler"));
    for (const [key, amount] of Object.entries(overhead?.podFixed ?? {})) {
      const here = report.at("overhead", "podFixed", { key });
      validateContainerResourceName(key, here);
      validateResourceAmount(key, amount, here);
    }
    validateLabels(scheduling?.nodeSelector, report.at("scheduling", "nodeSelector"));
    validateTolerations(scheduling?.tolerations, report.at("scheduling", "tolerations"));
    if (previous) immutable(handler, previous.handler, report.at("handler"));
  },

  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {}).flatMap((label) => oldLabelWarnings(label, "scheduling.nodeSelector")),

  columns: (runtimeClass) => [runtimeClass.metadata.name, runtimeClass.handler, ageOf(runtimeClass)],
};

export const RuntimeClass: Resource<RuntimeClass> = resource({ group: "node.k8s.io", resource: "runtimeclasses" }, strategy);
