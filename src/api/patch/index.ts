/** The three patches that change an object: parse the body, then apply. Server-side apply is api/managed-fields' business. */
export { applyJsonPatch, type JsonPatchOperation } from "./json-patch.ts";
export { applyMergePatch } from "./merge-patch.ts";
export { duplicateFields, jsonPatchFieldErrors, parseJsonPatch, parseMergePatch } from "./parse.ts";
export { goPrint } from "./strategic-merge-errors.ts";
export { applyStrategicMergePatch } from "./strategic-merge-patch.ts";
