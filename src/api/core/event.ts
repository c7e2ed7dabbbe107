/** v1 Event. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { eventCells } from "./event-columns.ts";
import { eventsFace } from "./event-conversion.ts";

export type Event = generated.Event;

const strategy: Strategy<Event> = {
  columns: eventCells,
};

export const Event: Resource<Event> = resource({ group: "", resource: "events" }, strategy, [eventsFace]);
