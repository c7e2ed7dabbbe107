import { expect, test } from "vitest";
import { templateWarnings } from "./warnings.ts";

const NOTHING = "a null labelSelector results in matching no pod";
const containers = [{ name: "c", image: "i", resources: {} }];

test("a selector of Pods that is missing is warned of, an empty one is not", () => {
  const topologySpreadConstraints = [
    { maxSkew: 1, topologyKey: "z", whenUnsatisfiable: "ScheduleAnyway" as const },
    { maxSkew: 1, topologyKey: "h", whenUnsatisfiable: "ScheduleAnyway" as const, labelSelector: {} },
  ];
  const podAntiAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "z" }],
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: "z" } }],
  };
  const spec = { containers, topologySpreadConstraints, affinity: { podAntiAffinity } };
  const place = "spec.template.spec.affinity.podAntiAffinity";
  expect(templateWarnings({ metadata: {}, spec } as never)).toEqual([
    `spec.template.spec.topologySpreadConstraints[0].labelSelector: ${NOTHING}`,
    `${place}.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: ${NOTHING}`,
    `${place}.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: ${NOTHING}`,
  ]);
});
