/** Writes what a plan for slices says: updates first, so that no endpoint is missing in between. */
import { EndpointSlice } from "../../api/discovery/endpoint-slice.ts";
import { isNotFound } from "../../api/errors.ts";
import type { Draft } from "../../api/meta.ts";
import type { Client } from "../../client/client.ts";
import { isNamespaceEnding } from "../pod-control.ts";
import type { SliceContent, SlicePlan } from "./slice-packing.ts";

export const SERVICE_NAME = "kubernetes.io/service-name";

/** `draft` gives a whole slice of that content: of its metadata, labels and annotations go into slices that are there. */
export async function applySlicePlan(
  client: Client,
  plan: SlicePlan,
  draft: (content: SliceContent) => Draft<EndpointSlice>,
): Promise<void> {
  for (const { slice, content } of plan.update) {
    const { metadata, ...body } = draft(content);
    const { labels, annotations } = metadata ?? {};
    await client.update<EndpointSlice>(EndpointSlice, {
      ...slice,
      ...body,
      metadata: { ...slice.metadata, labels, annotations: { ...slice.metadata.annotations, ...annotations } },
    } as EndpointSlice);
  }
  for (const content of plan.create) {
    try {
      await client.create(EndpointSlice, draft(content));
    } catch (error) {
      if (!isNamespaceEnding(error)) throw error;
    }
  }
  for (const { metadata } of plan.remove) {
    try {
      await client.delete(EndpointSlice, { namespace: metadata.namespace, name: metadata.name }, { uid: metadata.uid });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
