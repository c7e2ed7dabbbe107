/**
 * v1 ResourceQuota: how much a namespace may use in all.
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */

import type * as generated from "../generated/core-v1.ts";
import { compareQuantities } from "../quantity.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { validateQuota, validateQuotaStatus } from "./resource-quota-validation.ts";

export type ResourceQuota = generated.ResourceQuota;

/** Of limits that are less than what may be requested. */
const limitWarnings = (hard: Readonly<Record<string, string>>): string[] =>
  ["cpu", "memory", "storage", "ephemeral-storage"].flatMap((name) => {
    const names = name === "cpu" || name === "memory" ? [`requests.${name}`, name] : [`requests.${name}`];
    const asked = names.find((each) => hard[each] !== undefined);
    const [request, limit] = [hard[asked ?? ""], hard[`limits.${name}`]];
    if (request === undefined || limit === undefined || compareQuantities(request, limit) <= 0) return [];
    return [`ResourceQuota ${asked} (${request}) should be less than limits.${name} (${limit})`];
  });

const strategy: Strategy<ResourceQuota> = {
  validate: (quota, previous, report) => validateQuota(quota, previous?.spec, report),
  validateSubresource: { status: (quota, _previous, report) => validateQuotaStatus(quota, report) },

  warnings: ({ spec }, previous) => (previous === undefined ? limitWarnings(spec?.hard ?? {}) : []),

  unconditionalUpdate: true,

  prepareForCreate(quota) {
    quota.status = {};
  },
  columns: (quota) => {
    const { hard = {}, used = {} } = quota.status ?? {};
    const lines = Object.keys(hard)
      .sort()
      .map((name) => ({ isLimit: name.startsWith("limits."), text: `${name}: ${used[name] ?? "0"}/${hard[name]}` }));
    const join = (limits: boolean): string =>
      lines
        .filter(({ isLimit }) => isLimit === limits)
        .map(({ text }) => text)
        .join(", ");
    return [quota.metadata.name, join(false), join(true), ageOf(quota)];
  },
};

export const ResourceQuota: Resource<ResourceQuota> = resource({ group: "", resource: "resourcequotas" }, strategy);
