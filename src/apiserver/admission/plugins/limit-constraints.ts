/** What a LimitRange has against requests and limits, in upstream's words. https://kubernetes.io/docs/concepts/policy/limit-range/ */
import type { LimitRangeItem } from "../../../api/generated/core-v1.ts";
import { compareQuantities, isZeroQuantity, parseQuantity } from "../../../api/quantity.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";

export interface Resources {
  requests?: Readonly<Record<string, string>>;
  limits?: Readonly<Record<string, string>>;
}

type Quantities = Readonly<Record<string, string>>;

function minimum(what: string, least: string, request: string | undefined, limit: string | undefined): string | undefined {
  const rule = `minimum ${what} is ${least}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (compareQuantities(request, least) < 0) return `${rule}, but request is ${request}`;
  return limit !== undefined && compareQuantities(limit, least) < 0 ? `${rule}, but limit is ${limit}` : undefined;
}

function maximum(what: string, most: string, request: string | undefined, limit: string | undefined): string | undefined {
  const rule = `maximum ${what} is ${most}`;
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (compareQuantities(limit, most) > 0) return `${rule}, but limit is ${limit}`;
  return request !== undefined && compareQuantities(request, most) > 0 ? `${rule}, but request is ${request}` : undefined;
}

function maximumRequest(what: string, most: string, request: string | undefined): string | undefined {
  const rule = `maximum ${what} is ${most}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  return compareQuantities(request, most) > 0 ? `${rule}, but request is ${request}` : undefined;
}

function ratio(
  name: string,
  type: string,
  most: string,
  request: string | undefined,
  limit: string | undefined,
): string | undefined {
  const rule = `${name} max limit to request ratio per ${type} is ${most}`;
  if (request === undefined || isZeroQuantity(request)) return `${rule}, but no request is specified or request is 0`;
  if (limit === undefined || isZeroQuantity(limit)) return `${rule}, but no limit is specified or limit is 0`;
  const provided = Number(parseQuantity(limit).nano) / Number(parseQuantity(request).nano);
  return provided > Number(parseQuantity(most).nano) / 1e9 ? `${rule}, but provided ratio is ${provided.toFixed(6)}` : undefined;
}

/** All complaints, resources in the order of their names. `limitsAreRequests`: the maximum holds for requests, there are no limits. */
export function limitComplaints(
  { type, min, max, maxLimitRequestRatio }: DeepReadonly<LimitRangeItem>,
  { requests = {}, limits = {} }: Resources,
  { limitsAreRequests = false } = {},
): string[] {
  const each = (bounds: Quantities | undefined, check: (name: string, bound: string) => string | undefined): string[] =>
    Object.keys(bounds ?? {})
      .sort()
      .flatMap((name) => check(name, bounds?.[name] ?? "0") ?? []);
  return [
    ...each(min, (name, least) => minimum(`${name} usage per ${type}`, least, requests[name], limits[name])),
    ...each(max, (name, most) =>
      limitsAreRequests
        ? maximumRequest(`${name} usage per ${type}`, most, requests[name])
        : maximum(`${name} usage per ${type}`, most, requests[name], limits[name]),
    ),
    ...each(maxLimitRequestRatio, (name, most) => ratio(name, type, most, requests[name], limits[name])),
  ];
}
