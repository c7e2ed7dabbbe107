/** v1 ServiceAccount. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { nameAndAge } from "../table/cells.ts";

export type ServiceAccount = generated.ServiceAccount;

const strategy: Strategy<ServiceAccount> = {
  unconditionalUpdate: true,
  columns: nameAndAge,
};

export const ServiceAccount: Resource<ServiceAccount> = resource({ group: "", resource: "serviceaccounts" }, strategy);
