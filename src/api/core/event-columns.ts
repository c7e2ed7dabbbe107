/** How an Event is printed, whether it came through core/v1 or events.k8s.io/v1: one shape is stored. */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as generated from "../generated/core-v1.ts";
import type { Cell } from "../row.ts";

export function eventCells(event: DeepReadonly<generated.Event>): readonly Cell[] {
  const { involvedObject, series, source } = event;
  const first = event.firstTimestamp || event.eventTime;
  const component = source?.component || event.reportingComponent;
  const instance = source?.host || event.reportingInstance;
  const kind = (involvedObject.kind ?? "").toLowerCase();
  return [
    { ageOf: series ? series.lastObservedTime : event.lastTimestamp || first },
    event.type ?? "",
    event.reason ?? "",
    involvedObject.name ? `${kind}/${involvedObject.name}` : kind,
    involvedObject.fieldPath ?? "",
    instance ? `${component ?? ""}, ${instance}` : (component ?? ""),
    (event.message ?? "").trim(),
    { ageOf: first },
    series ? (series.count ?? 0) : event.count || 1,
    event.metadata.name,
  ];
}
