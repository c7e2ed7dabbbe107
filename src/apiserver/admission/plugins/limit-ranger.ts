/**
 * LimitRanger: gives containers the requests and limits that their namespace's LimitRanges say, and refuses what is beyond them.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#limitranger
 */
import { LimitRange } from "../../../api/core/limit-range.ts";
import { PersistentVolumeClaim } from "../../../api/core/persistent-volume-claim.ts";
import { Pod } from "../../../api/core/pod/pod.ts";
import { podResources } from "../../../api/core/pod/resource-totals.ts";
import type { LimitRangeItem } from "../../../api/generated/core-v1.ts";
import type { Container } from "../../../api/generated/shared.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { AdmissionPlugin, AdmissionReader, AdmissionRequest } from "../plugin.ts";
import { refusal } from "../refusal.ts";
import { limitComplaints, type Resources } from "./limit-constraints.ts";

const ANNOTATION = "kubernetes.io/limit-ranger";

type Item = DeepReadonly<LimitRangeItem>;

const itemsOf = (reader: AdmissionReader, namespace: string): Item[] =>
  (reader.list(LimitRange, namespace) as DeepReadonly<LimitRange>[]).flatMap(({ spec }) => spec?.limits ?? []);

/** Fills what is missing of `wanted`; gives the names of what was set, sorted. */
function fill(
  own: Record<string, string> | undefined,
  wanted: Readonly<Record<string, string>>,
): { all: Record<string, string>; set: string[] } {
  const set = Object.keys(wanted)
    .filter((name) => own?.[name] === undefined)
    .sort();
  return { all: { ...own, ...Object.fromEntries(set.map((name) => [name, wanted[name] ?? ""])) }, set };
}

function setDefaults(pod: Pod, items: readonly Item[]): void {
  const containerItems = items.filter(({ type }) => type === "Container");
  const limits: Record<string, string> = Object.assign({}, ...containerItems.map((item) => item.default ?? {}));
  const requests: Record<string, string> = Object.assign({}, ...containerItems.map((item) => item.defaultRequest ?? {}));
  const notes: string[] = [];
  const apply = (container: Container, what: string): void => {
    const limited = fill(container.resources?.limits, limits);
    const requested = fill(container.resources?.requests, requests);
    if (requested.set.length > 0) notes.push(`${requested.set.join(", ")} request for ${what} ${container.name}`);
    if (limited.set.length > 0) notes.push(`${limited.set.join(", ")} limit for ${what} ${container.name}`);
    if (requested.set.length + limited.set.length === 0) return;
    container.resources = {
      ...container.resources,
      ...(Object.keys(limited.all).length > 0 ? { limits: limited.all } : {}),
      ...(Object.keys(requested.all).length > 0 ? { requests: requested.all } : {}),
    };
  };
  for (const container of pod.spec.containers) apply(container, "container");
  for (const container of pod.spec.initContainers ?? []) apply(container, "init container");
  if (notes.length === 0) return;
  pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join("; ")}` };
}

function podComplaints(pod: DeepReadonly<Pod>, items: readonly Item[]): string[] {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  return items.flatMap((item) => {
    if (item.type === "Container")
      return containers.flatMap(({ resources }) => limitComplaints(item, (resources ?? {}) as Resources));
    return item.type === "Pod" ? limitComplaints(item, podResources(pod.spec)) : [];
  });
}

/** A claim has a request only: it is held against the maximum too. */
function claimComplaints({ spec }: DeepReadonly<PersistentVolumeClaim>, items: readonly Item[]): string[] {
  const requests = (spec?.resources?.requests ?? {}) as Record<string, string>;
  return items
    .filter(({ type }) => type === "PersistentVolumeClaim")
    .flatMap((item) => limitComplaints(item, { requests }, { limitsAreRequests: true }));
}

function check(request: AdmissionRequest, reader: AdmissionReader): void {
  const items = itemsOf(reader, request.namespace);
  if (items.length === 0) return;
  const complaints =
    request.row === Pod
      ? podComplaints(request.object as Pod, items)
      : claimComplaints(request.object as PersistentVolumeClaim, items);
  const [first] = complaints;
  if (first !== undefined) throw refusal(request, complaints.length === 1 ? first : `[${complaints.join(", ")}]`);
}

export const limitRanger: AdmissionPlugin = {
  name: "LimitRanger",
  handles(operation, row, subresource) {
    if (row === Pod)
      return (operation === "CREATE" && subresource === "") || (operation === "UPDATE" && subresource === "resize");
    return row === PersistentVolumeClaim && subresource === "" && (operation === "CREATE" || operation === "UPDATE");
  },
  mutate({ operation, row, namespace, object }, { reader }) {
    if (row !== Pod || operation !== "CREATE") return;
    const items = itemsOf(reader, namespace);
    if (items.length > 0) setDefaults(object as Pod, items);
  },
  validate: (request, { reader }) => check(request, reader),
};
