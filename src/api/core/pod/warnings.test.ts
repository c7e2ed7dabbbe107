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

test("old names of labels, removed volumes and a negative grace period are warned of", () => {
  const terms = [{ matchExpressions: [{ key: "beta.kubernetes.io/os", operator: "Exists" as const }] }];
  const spec = {
    containers,
    nodeSelector: { "beta.kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux" },
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
    volumes: [
      { name: "v", emptyDir: {} },
      { name: "w", rbd: { image: "i", monitors: ["m"] } },
    ],
    terminationGracePeriodSeconds: -1,
  };
  expect(templateWarnings({ metadata: {}, spec } as never, "template")).toEqual([
    'template.spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead',
    'template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead',
    "template.spec.volumes[1].rbd: deprecated in v1.28, non-functional in v1.31+",
    "template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1",
  ]);
});

test("a grace period beyond what a number holds exactly is no negative one", () => {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): number };
  const spec = { containers, terminationGracePeriodSeconds: rawJSON("9223372036854775807") };
  expect(templateWarnings({ metadata: {}, spec } as never)).toEqual([]);
});
