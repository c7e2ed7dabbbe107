/** v1 Event. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type Event = generated.Event;

const strategy: Strategy<Event> = {};

export const Event: Resource<Event> = resource({ group: "", resource: "events" }, strategy);
