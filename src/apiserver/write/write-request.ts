/** The body of a create or an update: read once, decoded for each attempt, checked against the path. */
import { decode, prepareYaml } from "../../api/decode/index.ts";
import { badRequest } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { bodyMediaType } from "../negotiation.ts";
import type { Target } from "../target.ts";
import type { WriteOptions } from "./write-options.ts";

/** What upstream takes at most. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

export interface WriteBody {
  /** A fresh object each time, owned by the caller. Warnings are recorded once. */
  decode(): KubernetesObject;
}

export async function readBody(target: Target, options: WriteOptions): Promise<WriteBody> {
  const { context, row, face } = target;
  const mediaType = bodyMediaType(context.request.headers["content-type"], row.typed);
  if (mediaType === "yaml") await prepareYaml();
  const bytes = await context.request.body(MAX_BODY_BYTES);
  return {
    decode() {
      const { object, warnings } = decode({ row, face, bytes, mediaType, fieldValidation: options.fieldValidation });
      for (const warning of warnings) context.warnings.add(warning);
      return object;
    },
  };
}

/** Name and namespace of the object are those of the path; what the object leaves out is filled in. */
export function placeObject({ row, namespace, name }: Target, object: KubernetesObject): void {
  const { metadata } = object;
  if (typeof metadata.name === "string") metadata.name = metadata.name.toWellFormed();
  if (!row.namespaced) delete metadata.namespace;
  else if (metadata.namespace === undefined || metadata.namespace === "") metadata.namespace = namespace;
  else if (metadata.namespace !== namespace)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  if (name === "") return;
  if (metadata.name === undefined || metadata.name === "")
    throw badRequest("the name of the object must be set: it is taken from the URL only where it is the same");
  if (metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
}
