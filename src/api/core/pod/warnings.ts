/**
 * What a Pod, or a template of Pods, says that is taken but will hardly do what was meant.
 * https://kubernetes.io/docs/concepts/workloads/pods/
 */
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { Pod } from "../../generated/core-v1.ts";
import type { Container, PodSpec, PodTemplateSpec } from "../../generated/shared.ts";
import { numberOf } from "../../integer.ts";
import { dnsLabelErrors } from "../../names.ts";
import { parseQuantity } from "../../quantity.ts";
import { removedVolumeWarnings } from "../volume-warnings.ts";
import { placementWarnings } from "./placement-warnings.ts";

type Spec = DeepReadonly<PodSpec>;

const CRITICAL_ANNOTATION = "scheduler.alpha.kubernetes.io/critical-pod";
const NANO = 1_000_000_000n;
/** Beyond 64 bits of thousandths an amount is cut, and is no whole number any more. */
const MOST_NANO = (2n ** 63n - 1n) * 1_000_000n;

function amountWarnings({ resources }: DeepReadonly<Container>, path: string): string[] {
  return (["limits", "requests"] as const).flatMap((field) =>
    ["memory", "ephemeral-storage"].flatMap((name) => {
      const amount = resources?.[field]?.[name];
      if (amount === undefined) return [];
      const { nano } = parseQuantity(amount);
      if (nano % NANO === 0n && nano <= MOST_NANO) return [];
      return [
        `${path}.resources.${field}[${name}]: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`,
      ];
    }),
  );
}

function repeatWarnings({ env = [], ports = [] }: DeepReadonly<Container>, path: string): string[] {
  const names = new Set<string>();
  const warnings: string[] = [];
  env.forEach(({ name, value }, index) => {
    // A variable may refer to its own earlier value.
    if (names.has(name) && !value?.includes(`$(${name})`))
      warnings.push(
        `${path}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
      );
    names.add(name);
  });
  const seen = new Map<string, number>();
  ports.forEach(({ containerPort, protocol = "TCP", hostPort = 0, hostIP = "" }, index) => {
    const key = JSON.stringify([containerPort, protocol, hostPort, hostIP]);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else warnings.push(`${path}.ports[${index}]: duplicate port definition with ${path}.ports[${first}]`);
  });
  return warnings;
}

/** What Pods will no longer get, or never: volumes of plugins that are gone, and a grace period before it began. */
const specWarnings = (spec: Spec, path: string): string[] => [
  ...placementWarnings(spec, path),
  ...(spec.volumes ?? []).flatMap((volume, index) => removedVolumeWarnings(volume, `${path}.volumes[${index}]`)),
  ...((numberOf(spec.terminationGracePeriodSeconds) ?? 0) < 0
    ? [`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
    : []),
];

const annotationWarnings = (annotations: Readonly<Record<string, string>> | undefined, path: string): string[] =>
  annotations?.[CRITICAL_ANNOTATION] === undefined
    ? []
    : [
        `${path}metadata.annotations[${CRITICAL_ANNOTATION}]: non-functional in v1.16+; use the "priorityClassName" field instead`,
      ];

/** `paths`: of the spec, and of what has its metadata. */
function podContentWarnings(
  { metadata, spec }: { metadata?: { annotations?: Readonly<Record<string, string>> } | undefined; spec?: Spec | undefined },
  paths: { spec: string; owner: string },
): string[] {
  const containers = (["initContainers", "containers"] as const).flatMap((field) =>
    (spec?.[field] ?? []).flatMap((container, index) => {
      const here = `${paths.spec}.${field}[${index}]`;
      return [...amountWarnings(container, here), ...repeatWarnings(container, here)];
    }),
  );
  const ofSpec = spec === undefined ? [] : specWarnings(spec, paths.spec);
  return [...ofSpec, ...annotationWarnings(metadata?.annotations, paths.owner), ...containers];
}

/** Names of Pods are made of the names of workloads; host names have no dots. */
export function workloadNameWarnings(name: string | undefined): string[] {
  const complaints = name ? dnsLabelErrors(name) : [];
  if (complaints.length === 0) return [];
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${complaints.join(" ")}]`,
  ];
}

/** The name of a Pod is its host name, which has no dots. */
function nameWarnings(name: string): string[] {
  const complaints = dnsLabelErrors(name);
  if (complaints.length === 0) return [];
  const why = name.includes(".") ? "must not contain dots" : complaints[0];
  return [
    `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${why}]`,
  ];
}

export const podWarnings = ({ metadata, spec }: DeepReadonly<Pod>, previous: DeepReadonly<Pod> | undefined): string[] => [
  ...(previous === undefined && metadata.name ? nameWarnings(metadata.name) : []),
  ...podContentWarnings({ metadata, spec }, { spec: "spec", owner: "" }),
];

/** `path`: where the template stands. */
export const templateWarnings = (template: DeepReadonly<PodTemplateSpec>, path = "spec.template"): string[] =>
  podContentWarnings(template, { spec: `${path}.spec`, owner: `${path}.` });
