/** v1 Event. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { eventCells } from "./event-columns.ts";
import { eventsFace } from "./event-conversion.ts";
import { validateEvent } from "./event-validation.ts";

export type Event = generated.Event;

const strategy: Strategy<Event> = {
  unconditionalUpdate: true,
  createOnUpdate: true,
  validate: (event, previous, report, face) => validateEvent(event, previous, face?.group === eventsFace.group, report),

  columns: eventCells,

  selectableFields: ({ involvedObject, reason, reportingComponent, source, type }) => ({
    "involvedObject.kind": involvedObject.kind ?? "",
    "involvedObject.namespace": involvedObject.namespace ?? "",
    "involvedObject.name": involvedObject.name ?? "",
    "involvedObject.uid": involvedObject.uid ?? "",
    "involvedObject.apiVersion": involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": involvedObject.fieldPath ?? "",
    reason: reason ?? "",
    reportingComponent: reportingComponent ?? "",
    source: source?.component || (reportingComponent ?? ""),
    type: type ?? "",
  }),
};

export const Event: Resource<Event> = resource({ group: "", resource: "events" }, strategy, [eventsFace]);
