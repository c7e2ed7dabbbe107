/** v1 ServiceAccount. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { nameAndAge } from "../table/cells.ts";

export type ServiceAccount = generated.ServiceAccount;

const MOUNTABLE_SECRETS = "kubernetes.io/enforce-mountable-secrets";

const strategy: Strategy<ServiceAccount> = {
  unconditionalUpdate: true,
  warnings: ({ metadata }, previous) =>
    metadata.annotations?.[MOUNTABLE_SECRETS] === undefined || previous?.metadata.annotations?.[MOUNTABLE_SECRETS] !== undefined
      ? []
      : [
          `metadata.annotations[${MOUNTABLE_SECRETS}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ],
  columns: nameAndAge,
};

export const ServiceAccount: Resource<ServiceAccount> = resource({ group: "", resource: "serviceaccounts" }, strategy);
