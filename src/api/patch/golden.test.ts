/** Runs the recorded PATCH scenarios that need no server: what a patch makes must be in upstream's answer. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assert } from "../../base/assert.ts";
import { isApiError } from "../errors.ts";
import { findKind } from "../resources.ts";
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, parseJsonPatch, parseMergePatch } from "./index.ts";
import type { JsonObject } from "./json.ts";
import { isList, isObject } from "./json.ts";

interface Step {
  request: { method: string; path: string; headers?: Record<string, string>; query?: unknown; body?: unknown; text?: string };
  response: { status: number; body?: unknown; pick?: Record<string, unknown> };
}

interface Scenario {
  name: string;
  steps: Step[];
}

const folder = new URL("../../../facts/golden/patch/", import.meta.url);
const scenarios = readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Scenario);

function patched(document: JsonObject, { request }: Step): Record<string, unknown> {
  const text = request.text ?? JSON.stringify(request.body);
  const mediaType = request.headers?.["Content-Type"] ?? "";
  if (mediaType.startsWith("application/json-patch")) return applyJsonPatch(document, parseJsonPatch(text));
  if (mediaType.startsWith("application/merge-patch")) return applyMergePatch(document, parseMergePatch(text));
  const served = findKind(String(document.apiVersion), String(document.kind));
  assert(served, "a recording of an unknown kind");
  return applyStrategicMergePatch(served.face.schema, document, parseMergePatch(text));
}

/** Whether all that we have is in what upstream answered; it adds defaults, we do not. */
function isWithin(ours: unknown, theirs: unknown): boolean {
  if (isList(ours))
    return isList(theirs)
      ? ours.length === theirs.length && ours.every((element, index) => isWithin(element, theirs[index]))
      : ours.length === 0;
  if (!isObject(ours)) return ours === theirs || /^\{\w+\}$/.test(String(theirs));
  if (!isObject(theirs)) return Object.keys(ours).length === 0;
  return Object.entries(ours).every(([key, value]) => isWithin(value, theirs[key]));
}

function at(document: unknown, path: string): unknown {
  return path
    .split("/")
    .slice(1)
    .reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), document);
}

function check(after: Record<string, unknown>, { response }: Step): void {
  for (const [path, theirs] of Object.entries(response.pick ?? {})) {
    const ours = at(after, path);
    if (ours !== undefined && path !== "/metadata/generation") expect(ours).toSatisfy((value) => isWithin(value, theirs));
  }
  if (isObject(response.body)) expect(after).toSatisfy((value) => isWithin(value, response.body));
}

/** What validation, not the patch, refuses, has causes. */
const isRefusedLater = ({ response }: Step): boolean =>
  isObject(at(response.body ?? {}, "/details")) && at(response.body, "/details/causes") !== undefined;

function run({ steps }: Scenario): void {
  let document: JsonObject | undefined;
  for (const step of steps) {
    if (step.request.method === "POST" && isObject(step.request.body)) document = step.request.body;
    if (step.request.method === "GET" && isObject(step.response.body)) document = step.response.body;
    if (step.request.method !== "PATCH" || document === undefined) continue;
    if (step.response.status < 400) {
      document = patched(document, step);
      check(document, step);
      if (isObject(step.response.body)) document = step.response.body;
      continue;
    }
    const details = step.response.pick?.["/details"];
    if (isRefusedLater(step) || isObject(details)) continue;
    expect(codeOf(document, step), JSON.stringify(step.request)).toBe(step.response.status);
  }
}

function codeOf(document: JsonObject, step: Step): number {
  try {
    patched(document, step);
  } catch (error) {
    if (isApiError(error)) return error.code;
    throw error;
  }
  return 200;
}

const TYPES_OF_WRITE = /^(json|merge|strategic|status)-/;
/** Decided by what stands around a patch: preconditions, metadata that may not change, what a subresource takes over. */
const NOT_OF_PATCHES = ["merge-immutable-meta", "merge-with-resource-version", "status-json-patch", "status-merge-keeps-spec"];

describe("recorded patches", () => {
  const chosen = scenarios.filter(({ name }) => TYPES_OF_WRITE.test(name) && !NOT_OF_PATCHES.includes(name));
  it.each(chosen.map((scenario) => [scenario.name, scenario] as const))("gives upstream's answer to %s", (_name, scenario) => {
    run(scenario);
  });
});
