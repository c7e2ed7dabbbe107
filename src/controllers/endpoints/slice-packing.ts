/**
 * Spreads endpoints over slices with as few writes as possible. Pure.
 *
 * What is in a slice stays there; what changed is changed in place; what is new fills slices that are written anyway, then one with
 * room, then new ones. Slices that nobody needs are used for something else before one is made and another deleted.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#distribution-of-endpointslices
 */
import type { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { sameContent } from "../../client/equality.ts";
import { type BackendPort, MAX_ENDPOINTS_A_SLICE } from "./backends.ts";

export type Endpoint = DeepReadonly<EndpointSlice["endpoints"][number]>;
export type ReadonlySlice = DeepReadonly<EndpointSlice>;

/** Endpoints that share an address type and ports: they go into slices of their own. */
export interface EndpointGroup {
  addressType: "IPv4" | "IPv6";
  ports: readonly BackendPort[];
  endpoints: readonly Endpoint[];
}

export interface SliceContent {
  addressType: "IPv4" | "IPv6";
  ports: readonly BackendPort[];
  endpoints: readonly Endpoint[];
}

export interface SlicePlan {
  create: SliceContent[];
  update: { slice: ReadonlySlice; content: SliceContent }[];
  remove: ReadonlySlice[];
}

const identity = ({ targetRef, addresses }: Endpoint): string => targetRef?.uid ?? addresses.join();

const portKey = (
  ports: readonly { name?: string | undefined; port?: number | undefined; protocol?: string | undefined }[],
): string =>
  ports
    .map(({ name = "", port, protocol }) => `${name}/${port}/${protocol}`)
    .toSorted()
    .join();

/** `isCurrent` says whether labels and annotations of a slice may stay as they are. */
export function packSlices(
  groups: readonly EndpointGroup[],
  existing: readonly ReadonlySlice[],
  isCurrent: (slice: ReadonlySlice) => boolean,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const unused = new Set(existing);
  for (const group of groups) {
    const same = existing.filter(
      (slice) => slice.addressType === group.addressType && portKey(slice.ports ?? []) === portKey(group.ports),
    );
    for (const slice of same) unused.delete(slice);
    packGroup(group, same, isCurrent, plan);
  }
  reuse(plan, unused);
  plan.remove.push(...unused);
  return plan;
}

function packGroup(
  group: EndpointGroup,
  slices: readonly ReadonlySlice[],
  isCurrent: (slice: ReadonlySlice) => boolean,
  plan: SlicePlan,
): void {
  const { addressType, ports } = group;
  const missing = new Map(group.endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const kept = slices.map((slice) => {
    const endpoints: Endpoint[] = [];
    let changed = !isCurrent(slice) || !sameContent(slice.ports, ports);
    for (const before of slice.endpoints ?? []) {
      const wanted = missing.get(identity(before));
      missing.delete(identity(before));
      if (wanted !== undefined) endpoints.push(wanted);
      changed ||= wanted === undefined || !sameContent(wanted, before);
    }
    return { slice, endpoints, changed };
  });
  const room = ({ endpoints }: { endpoints: Endpoint[] }): number => MAX_ENDPOINTS_A_SLICE - endpoints.length;
  const rest = [...missing.values()];
  for (const each of kept) if (each.changed) each.endpoints.push(...rest.splice(0, room(each)));
  // Where a slice that is not written yet takes all that is left, that is one write, as is a new slice, and one slice fewer.
  const fit = kept.find((each) => !each.changed && room(each) >= rest.length);
  if (rest.length > 0 && rest.length < MAX_ENDPOINTS_A_SLICE && fit !== undefined) {
    fit.endpoints.push(...rest.splice(0));
    fit.changed = true;
  }
  for (let start = 0; start < rest.length; start += MAX_ENDPOINTS_A_SLICE) {
    plan.create.push({ addressType, ports, endpoints: rest.slice(start, start + MAX_ENDPOINTS_A_SLICE) });
  }
  kept.forEach(({ slice, endpoints, changed }, position) => {
    const placeholder = position === 0 && group.endpoints.length === 0;
    if (endpoints.length === 0 && !placeholder) plan.remove.push(slice);
    else if (changed) plan.update.push({ slice, content: { addressType, ports, endpoints } });
  });
  // A Service without endpoints has one empty slice of each family.
  if (group.endpoints.length === 0 && kept.length === 0) plan.create.push({ addressType, ports, endpoints: [] });
}

/** A slice to be deleted becomes one to be made, where the address type, which never changes, is the same. */
function reuse(plan: SlicePlan, unused: Set<ReadonlySlice>): void {
  for (const slice of [...unused, ...plan.remove]) {
    const position = plan.create.findIndex(({ addressType }) => addressType === slice.addressType);
    const [content] = position < 0 ? [] : plan.create.splice(position, 1);
    if (content === undefined) continue;
    plan.update.push({ slice, content });
    unused.delete(slice);
    plan.remove = plan.remove.filter((each) => each !== slice);
  }
}
