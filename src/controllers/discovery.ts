/**
 * Every resource that the server serves now, custom and aggregated ones included, as far as those need it who treat all kinds alike.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
 */

import { apiVersionOf } from "../api/resource.ts";
import { builtInResources } from "../api/resources.ts";
import type { AnyResource } from "../api/row.ts";
import { decodeUtf8 } from "../base/bytes.ts";
import type { Client } from "../client/client.ts";
import { messageOf } from "./pod-control.ts";

interface DiscoveredVersion {
  version: string;
  freshness?: "Current" | "Stale";
  resources?: {
    resource: string;
    responseKind?: { group: string; version: string; kind: string };
    scope: "Namespaced" | "Cluster";
    singularResource?: string;
    verbs?: string[];
  }[];
}

interface DiscoveryList {
  items?: { metadata?: { name?: string }; versions?: DiscoveredVersion[] }[];
}

export interface Discovered {
  /** One row a resource: of the preferred version that has it. */
  resources: readonly AnyResource[];
  /** Groups of which nothing could be learnt now. */
  failed: readonly string[];
}

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

const builtIn = new Map(builtInResources.map((row) => [`${row.group}/${row.resource}`, row]));

/** A row with what a client needs of it. */
function rowOf(group: string, { version, resources = [] }: DiscoveredVersion): AnyResource[] {
  return resources.map(({ resource, responseKind, scope, singularResource = "", verbs = [] }) => {
    const known = builtIn.get(`${group}/${resource}`);
    if (known?.version === version) return known;
    const row = {
      group,
      version,
      apiVersion: apiVersionOf(group, version),
      kind: responseKind?.kind ?? "",
      resource,
      singular: singularResource,
      namespaced: scope === "Namespaced",
      verbs,
      stored: true,
      typed: false,
    };
    return row as unknown as AnyResource;
  });
}

export async function discover(client: Client): Promise<Discovered> {
  const found = new Map<string, AnyResource>();
  const failed: string[] = [];
  for (const path of ["/api", "/apis"]) {
    try {
      const { body } = await client.raw({ method: "GET", path, headers: { accept: AGGREGATED } });
      for (const { metadata, versions = [] } of (JSON.parse(decodeUtf8(body)) as DiscoveryList).items ?? []) {
        const group = metadata?.name ?? "";
        for (const version of versions) {
          if (version.freshness === "Stale") failed.push(`${group}/${version.version}`);
          for (const row of rowOf(group, version))
            if (!found.has(`${group}/${row.resource}`)) found.set(`${group}/${row.resource}`, row);
        }
      }
    } catch (error) {
      failed.push(`${path}: ${messageOf(error)}`);
    }
  }
  return { resources: [...found.values()], failed };
}
