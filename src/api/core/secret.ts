/** v1 Secret. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type Secret = generated.Secret;

const strategy: Strategy<Secret> = {
  columns: (secret) => {
    const keys = Object.keys(secret.data ?? {}).length;
    return [secret.metadata.name, secret.type ?? "", keys, ageOf(secret)];
  },
};

export const Secret: Resource<Secret> = resource({ group: "", resource: "secrets" }, strategy);
