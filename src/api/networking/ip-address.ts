/** networking.k8s.io/v1 IPAddress. */
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type IPAddress = generated.IPAddress;

const strategy: Strategy<IPAddress> = {
  columns: ({ metadata, spec }) => {
    const { group, resource: plural, namespace, name } = spec?.parentRef ?? {};
    const kind = group ? `${plural}.${group}` : plural;
    return [metadata.name, [kind, namespace, name].filter(Boolean).join("/")];
  },
};

export const IPAddress: Resource<IPAddress> = resource({ group: "networking.k8s.io", resource: "ipaddresses" }, strategy);
