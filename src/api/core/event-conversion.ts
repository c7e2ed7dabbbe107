/**
 * The two faces of an Event: core/v1, which is stored, and events.k8s.io/v1, which has other names for the same fields.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as core from "../generated/core-v1.ts";
import type * as events from "../generated/events-v1.ts";
import type { KubernetesObject } from "../meta.ts";
import type { FaceOptions } from "../resource.ts";

/** The stored name of each field that has another one in events.k8s.io. */
const STORED_NAMES: Readonly<Record<string, string>> = {
  note: "message",
  regarding: "involvedObject",
  reportingController: "reportingComponent",
  deprecatedCount: "count",
  deprecatedFirstTimestamp: "firstTimestamp",
  deprecatedLastTimestamp: "lastTimestamp",
  deprecatedSource: "source",
};
const FACE_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(STORED_NAMES).map(([face, stored]) => [stored, face]),
);

function renamed(object: object, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([field, value]) => [names[field] ?? field, value]));
}

function toEventsFace(stored: DeepReadonly<core.Event>): events.Event {
  const event = { ...renamed(stored, FACE_NAMES), apiVersion: "events.k8s.io/v1" } as Record<string, unknown>;
  // Always written there, never empty here.
  for (const field of ["reportingController", "reportingInstance"]) if (event[field] === "") delete event[field];
  return event as unknown as events.Event;
}

function fromEventsFace(sent: events.Event): core.Event {
  const event = { ...renamed(sent, STORED_NAMES), apiVersion: "v1" } as Record<string, unknown>;
  event.reportingComponent ??= "";
  event.reportingInstance ??= "";
  return event as unknown as core.Event;
}

export const eventsFace: FaceOptions = {
  group: "events.k8s.io",
  version: "v1",
  toFace: (stored) => toEventsFace(stored as DeepReadonly<core.Event>) as KubernetesObject,
  fromFace: (sent) => fromEventsFace(sent as events.Event) as KubernetesObject,
};
