/** v1 ComponentStatus. */
import { conditionOf } from "../conditions.ts";
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ComponentStatus = generated.ComponentStatus;

const strategy: Strategy<ComponentStatus> = {
  columns: ({ metadata, conditions }) => {
    const healthy = conditionOf(conditions, "Healthy");
    const words = { True: "Healthy", False: "Unhealthy", Unknown: "Unknown" } as const;
    const status = words[healthy?.status as keyof typeof words] ?? "Unknown";
    return [metadata.name, status, healthy?.message ?? "", healthy?.error ?? ""];
  },
};

export const ComponentStatus: Resource<ComponentStatus> = resource({ group: "", resource: "componentstatuses" }, strategy);
