/**
 * PATCH: JSON patch, merge patch and strategic merge patch, each on the object as it is now, in the version of the request.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply
 */

import { normalise } from "../../api/decode/index.ts";
import { ApiError, badRequest, invalid, unsupportedMediaType } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  duplicateFields,
  goPrint,
  jsonPatchFieldErrors,
  parseJsonPatch,
  parseMergePatch,
} from "../../api/patch/index.ts";
import { decodeUtf8 } from "../../base/bytes.ts";
import { cloneJson } from "../../base/clone.ts";
import type { HttpResponse } from "../../base/http.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { objectResponse, representationFor } from "../answers.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { updateObject } from "../write/update-object.ts";
import { type WriteOptions, writeOptions } from "../write/write-options.ts";
import { MAX_BODY_BYTES } from "../write/write-request.ts";

type Document = Readonly<Record<string, unknown>>;

export interface Patch {
  /** Gives the patched document; what it shares with `document` belongs to the document. */
  apply(document: Document): Record<string, unknown>;
  /** Complaints about the patch itself, by fieldValidation. */
  complaints: readonly string[];
  /** Keys that stand twice in it: complaints that come with the patched object, which Strict shows. */
  duplicates: readonly string[];
  /** The patch as messages show it, where they do. */
  shown?: string;
}

const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";
const APPLY: readonly string[] = ["application/apply-patch+yaml", "application/apply-patch+cbor"];

const contentTypeOf = ({ context }: Target): string =>
  (context.request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

function supported({ row }: Target): string[] {
  const types = [JSON_PATCH, MERGE_PATCH];
  return row.typed ? [...types, STRATEGIC, ...APPLY] : [...types, ...APPLY];
}

/** `schema`: of the document; strategic merge reads its keys from it. */
export function parsePatch(target: Target, text: string, schema = target.face.schema): Patch {
  switch (contentTypeOf(target)) {
    case JSON_PATCH: {
      const operations = parseJsonPatch(text);
      return {
        apply: (document) => applyJsonPatch(document, operations),
        complaints: jsonPatchFieldErrors(operations),
        duplicates: [],
      };
    }
    case MERGE_PATCH: {
      const patch = parseMergePatch(text);
      return { apply: (document) => applyMergePatch(document, patch), complaints: [], duplicates: duplicateFields(text, patch) };
    }
    default: {
      const patch = parseMergePatch(text);
      return {
        apply: (document) => applyStrategicMergePatch(schema, document, patch),
        complaints: [],
        duplicates: duplicateFields(text, patch),
        shown: goPrint(patch),
      };
    }
  }
}

/** Refuses what this server cannot apply, before the body is read. Says whether it is an apply. */
export function checkPatchType(target: Target): void {
  const type = contentTypeOf(target);
  if (!supported(target).includes(type))
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${supported(target).join(", ")}`,
    );
  if (APPLY.includes(type)) {
    writeOptions(target.context, true);
    throw new ApiError({
      code: 415,
      reason: "UnsupportedMediaType",
      message: "this server does not serve server-side apply: use a merge patch or an update",
    });
  }
}

export function report(target: Target, complaints: readonly string[], { fieldValidation }: WriteOptions): void {
  if (complaints.length === 0 || fieldValidation === "Ignore") return;
  if (fieldValidation === "Strict")
    throw badRequest(
      `${target.face.kind} in version "${target.face.version}" cannot be handled as a ${target.face.kind}: strict decoding error: ${complaints.join(", ")}`,
    );
  for (const complaint of complaints) target.context.warnings.add(complaint);
}

/** The result of a strategic merge is converted, not decoded: other words for the same mistake. */
function conversionError(message: string): string {
  const [, from = "", to = ""] = /cannot unmarshal (\w+).* of type (.+)$/.exec(message) ?? [];
  const source = GO_KINDS[from] ?? from;
  if (to.startsWith("[]")) return `cannot restore slice from ${source}`;
  if (to.startsWith("map[")) return `cannot restore map from ${source}`;
  if (to.includes(".")) return `cannot restore struct from: ${source}`;
  if (to === "") return message;
  // Go counts a number as a character that a text could be made of, and nothing else as convertible.
  return to === "string" && source === "int64" ? "cannot convert int64 to string" : `unrecognized type: ${to}`;
}

const GO_KINDS: Readonly<Record<string, string>> = { number: "int64", object: "map", array: "slice" };

/** A patched object that cannot be read is an invalid patch, not a bad request. */
function invalidPatch(error: unknown, { shown }: Patch): unknown {
  if (!(error instanceof ApiError) || error.code !== 400) return error;
  const what = shown === undefined ? error.message : `${JSON.stringify(shown)}: ${conversionError(error.message)}`;
  return invalid({ group: "", kind: "" }, "", [
    { reason: "FieldValueInvalid", message: `Invalid value: ${what}`, field: "patch" },
  ]);
}

interface Patched {
  value: unknown;
  patch: Patch;
}

function reportDuplicates({ context }: Target, { value, patch }: Patched, { fieldValidation }: WriteOptions): void {
  const { duplicates, shown = JSON.stringify(value) } = patch;
  if (duplicates.length === 0 || fieldValidation === "Ignore") return;
  if (fieldValidation === "Strict") {
    const message = `Invalid value: ${JSON.stringify(shown)}: strict decoding error: ${duplicates.join(", ")}`;
    throw invalid({ group: "", kind: "" }, "", [{ reason: "FieldValueInvalid", message, field: "patch" }]);
  }
  for (const duplicate of duplicates) context.warnings.add(duplicate);
}

function normalised(
  { row, face, context }: Target,
  { value, patch }: Patched,
  { fieldValidation }: WriteOptions,
): KubernetesObject {
  try {
    const { object, warnings } = normalise({ row, face, value: cloneJson(value), fieldValidation });
    for (const warning of warnings) context.warnings.add(warning);
    return object;
  } catch (error) {
    throw invalidPatch(error, patch);
  }
}

function proposal(target: Target, patch: Patch, options: WriteOptions, old: DeepReadonly<KubernetesObject>): KubernetesObject {
  const { face } = target;
  const shown = face.toFace ? face.toFace(cloneJson(old) as KubernetesObject) : old;
  const value = patch.apply(shown as unknown as Document);
  reportDuplicates(target, { value, patch }, options);
  const object = normalised(target, { value, patch }, options);
  restorePlace(target, object);
  if (object.metadata.uid && object.metadata.uid !== old.metadata.uid) throw changedUid(target, object);
  return object;
}

/** A PUT with another uid is meant for another object; a patch that sets one tries to change it. */
const changedUid = ({ face, name }: Target, { metadata }: KubernetesObject): ApiError =>
  invalid({ group: face.group, kind: face.kind }, name, [
    { reason: "FieldValueInvalid", message: `Invalid value: "${metadata.uid}": field is immutable`, field: "metadata.uid" },
  ]);

/** Removing the name or namespace means nothing; changing it is refused. */
function restorePlace({ name, namespace, row }: Target, object: KubernetesObject): void {
  object.metadata.name ||= name;
  if (object.metadata.name !== name)
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  if (!row.namespaced) return;
  object.metadata.namespace ||= namespace;
  if (object.metadata.namespace !== namespace)
    throw badRequest("the namespace of the object does not match the namespace on the request");
}

export async function patch(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const as = representationFor(parts, target, "object");
  checkPatchType(target);
  const options = writeOptions(target.context);
  target.context.dryRun = options.dryRun;
  const text = decodeUtf8(await target.context.request.body(MAX_BODY_BYTES));
  let parsed: Patch | undefined;
  const updated = await updateObject(parts, {
    target,
    options,
    unconditional: true,
    propose(old) {
      if (parsed === undefined) {
        parsed = parsePatch(target, text);
        report(target, parsed.complaints, options);
      }
      return proposal(target, parsed, options, old);
    },
  });
  return objectResponse(as, updated, 200);
}
