/**
 * What the printers of several kinds have in common. A printer (`strategy.columns`) gives the cells of one object, all columns, those
 * of `-o wide` included; their names and types come from the generated table.
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { KubernetesObject, LabelSelector } from "../meta.ts";
import type { Cell } from "../row.ts";

export const NONE = "<none>";
export const UNSET = "<unset>";
export const UNKNOWN = "<unknown>";

type Labels = Readonly<Record<string, string>>;

export const ageOf = ({ metadata }: DeepReadonly<KubernetesObject>): Cell => ({ ageOf: metadata.creationTimestamp });

/** Name and age alone: the printer of kinds of which nothing else is shown. */
export const nameAndAge = (object: DeepReadonly<KubernetesObject>): readonly Cell[] => [object.metadata.name, ageOf(object)];

export const countOf = (list: readonly unknown[] | null | undefined): number => list?.length ?? 0;

export const booleanWord = (value: boolean | undefined): string => (value === undefined ? UNSET : value ? "True" : "False");

/** `app=web,tier=db`, by key; `<none>` where there are none. */
export function formatLabels(labels: Labels | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? NONE : pairs.sort().join(",");
}

/** A selector as it is written on the command line; `<none>` where it says nothing. */
export function formatSelector(selector: DeepReadonly<LabelSelector> | null | undefined): string {
  const requirements = [
    ...Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...(selector?.matchExpressions ?? []).map(({ key, operator, values }) => ({
      key,
      text: formatRequirement(key, operator, values ?? []),
    })),
  ];
  if (requirements.length === 0) return NONE;
  return requirements
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join(",");
}

function formatRequirement(key: string, operator: string, values: readonly string[]): string {
  switch (operator) {
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return `${key} ${operator.toLowerCase()} (${[...values].sort().join(",")})`;
  }
}

interface HasContainers {
  readonly spec?: { readonly containers: readonly { readonly name: string; readonly image?: string }[] } | undefined;
}

/** The two cells of the containers' names and images. */
export function containerCells(template: HasContainers | undefined): readonly [names: string, images: string] {
  const containers = template?.spec?.containers ?? [];
  return [containers.map(({ name }) => name).join(","), containers.map(({ image }) => image ?? "").join(",")];
}

/** At most `shown` items, and how many more there are. */
export function firstOf(items: readonly string[], shown: number, total = items.length): string {
  const list = items.slice(0, shown).join(",");
  return items.length > shown ? `${list} + ${total - shown} more...` : list;
}

const ACCESS_MODES = { ReadWriteOnce: "RWO", ReadOnlyMany: "ROX", ReadWriteMany: "RWX", ReadWriteOncePod: "RWOP" } as const;

/** Access modes in their short forms, each once. */
export const formatAccessModes = (modes: readonly string[] | undefined): string =>
  Object.entries(ACCESS_MODES)
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(",");

interface HasAddress {
  readonly ip?: string;
  readonly hostname?: string;
}

/** Addresses of a load balancer, sorted, each once. */
export const formatLoadBalancer = (ingress: readonly HasAddress[] | undefined): string =>
  [...new Set((ingress ?? []).map(({ ip, hostname }) => ip || hostname || "").filter(Boolean))].sort().join(",");

interface RoleBinding extends KubernetesObject {
  roleRef: { kind: string; name: string };
  subjects?: { kind: string; name: string; namespace?: string }[];
}

/** The printer of RoleBinding and ClusterRoleBinding. */
export function roleBindingCells(binding: DeepReadonly<RoleBinding>): readonly Cell[] {
  const subjects = (kind: string): string =>
    (binding.subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(({ name, namespace }) => (namespace ? `${namespace}/${name}` : name))
      .join(", ");
  return [
    binding.metadata.name,
    `${binding.roleRef.kind}/${binding.roleRef.name}`,
    ageOf(binding),
    subjects("User"),
    subjects("Group"),
    subjects("ServiceAccount"),
  ];
}

interface PolicyBinding extends KubernetesObject {
  spec?: { policyName?: string; paramRef?: { name?: string; namespace?: string; selector?: LabelSelector } };
}

/** The printer of the bindings of admission policies. */
export function policyBindingCells(binding: DeepReadonly<PolicyBinding>): readonly Cell[] {
  const paramRef = binding.spec?.paramRef;
  const named = paramRef?.name ? (paramRef.namespace ? `${paramRef.namespace}/${paramRef.name}` : paramRef.name) : undefined;
  const selected = paramRef?.selector && formatSelector(paramRef.selector);
  return [binding.metadata.name, binding.spec?.policyName ?? "", named ?? selected ?? UNSET, ageOf(binding)];
}

/** `apiVersion/kind` of a policy's parameters. */
export const formatParamKind = (paramKind: { readonly apiVersion?: string; readonly kind?: string } | undefined): string =>
  paramKind === undefined ? UNSET : `${paramKind.apiVersion ?? ""}/${paramKind.kind ?? ""}`;
