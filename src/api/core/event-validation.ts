/**
 * Field errors of an Event. What comes through events.k8s.io/v1, or has an eventTime, says who saw what; older ones need less.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Event } from "../generated/core-v1.ts";
import { qualifiedNameErrors } from "../names.ts";
import { follows, immutable } from "../validation.ts";
import type { Report } from "../validation-report.ts";

const MAX_WORD_LENGTH = 128;
const MAX_MESSAGE_LENGTH = 1024;

function requiredWord(text: string | undefined, report: Report): void {
  if (!text) report.required();
  else if (text.length > MAX_WORD_LENGTH) report.invalid(text, `can have at most ${MAX_WORD_LENGTH} characters`);
}

/** An Event lies where its object does; those about objects of the whole cluster lie in `default`. */
function validateNamespace({ metadata, involvedObject }: DeepReadonly<Event>, report: Report): void {
  const of = involvedObject.namespace ?? "";
  if (of === metadata.namespace || (of === "" && metadata.namespace === "default")) return;
  report.at("involvedObject", "namespace").invalid(of, "does not match event.namespace");
}

function validateSeries({ series }: DeepReadonly<Event>, report: Report): void {
  if (!series) return;
  if ((series.count ?? 0) < 2) report.at("series", "count").invalid(series.count ?? 0, "should be at least 2");
  if (!series.lastObservedTime) report.at("series", "lastObservedTime").required();
}

function validateObservation(event: DeepReadonly<Event>, controllerField: string, report: Report): void {
  const controller = report.at(controllerField);
  if (!event.reportingComponent) controller.required();
  follows(event.reportingComponent ?? "", qualifiedNameErrors, controller);
  requiredWord(event.reportingInstance, report.at("reportingInstance"));
  requiredWord(event.action, report.at("action"));
  requiredWord(event.reason, report.at("reason"));
  if ((event.message?.length ?? 0) > MAX_MESSAGE_LENGTH)
    report.at("message").invalid(event.message, `can have at most ${MAX_MESSAGE_LENGTH} characters`);
}

/** `viaEvents`: written through events.k8s.io/v1. */
export function validateEvent(
  event: DeepReadonly<Event>,
  previous: DeepReadonly<Event> | undefined,
  viaEvents: boolean,
  report: Report,
): void {
  validateNamespace(event, report);
  if (!viaEvents && !event.eventTime) return;
  if (!event.eventTime) report.at("eventTime").required();
  validateSeries(event, report);
  validateObservation(event, viaEvents ? "reportingController" : "reportingComponent", report);
  if (!viaEvents) return;
  if (event.type !== "Normal" && event.type !== "Warning")
    report.at("type").invalid(event.type ?? "", "has invalid value: must be one of Normal, Warning");
  if (!previous) return;
  for (const field of ["involvedObject", "reason", "reportingInstance", "action", "related", "type", "message"] as const)
    immutable(event[field], previous[field], report.at(field));
  immutable(event.reportingComponent, previous.reportingComponent, report.at("reportingController"));
  immutable(event.eventTime, previous.eventTime, report.at("eventTime"));
}
