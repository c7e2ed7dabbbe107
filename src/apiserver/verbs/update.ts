/** PUT of an object or of a subresource that has the object's own kind. */
import { conflict, isAlreadyExists, modified, notFound } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import type { HttpResponse } from "../../base/http.ts";
import { objectResponse, representationFor } from "../answers.ts";
import type { ServerParts } from "../server-parts.ts";
import { groupResource, type Target } from "../target.ts";
import { createObject } from "../write/create-object.ts";
import { updateIfThere } from "../write/update-object.ts";
import { writeOptions } from "../write/write-options.ts";
import { placeObject, readBody } from "../write/write-request.ts";

/** Nothing of that name is there: kinds that may be created by PUT are, unless the client expects a certain object. */
function freshForCreate(target: Target, decoded: () => KubernetesObject): () => KubernetesObject {
  const { row, name, subresource } = target;
  if (row.strategy.createOnUpdate !== true || subresource) throw notFound(groupResource(target), name);
  return () => {
    const object = decoded();
    if (object.metadata.uid)
      throw conflict(
        groupResource(target),
        name,
        `StorageError: invalid object, Code: 4, Key: ${row.prefix}${target.namespace}/${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${object.metadata.uid}, UID in object meta: `,
      );
    object.metadata.resourceVersion = "";
    return object;
  };
}

export async function update(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const as = representationFor(parts, target, "object");
  const options = writeOptions(target.context);
  target.context.dryRun = options.dryRun;
  const body = await readBody(target, options);
  const decoded = (): KubernetesObject => {
    const object = body.decode();
    placeObject(target, object);
    return object;
  };
  // What cannot be read is refused before anything is looked up.
  let first: KubernetesObject | undefined = decoded();
  const propose = (): KubernetesObject => {
    const object = first ?? decoded();
    first = undefined;
    return object;
  };
  const unconditional = target.row.strategy.unconditionalUpdate === true;
  const updated = await updateIfThere(parts, { target, options, unconditional, propose });
  if (updated) return objectResponse(as, updated, 200);
  try {
    return objectResponse(as, await createObject(parts, target, options, freshForCreate(target, decoded)), 201);
  } catch (error) {
    // Somebody else created it in between: the client may try again.
    if (isAlreadyExists(error)) throw modified(groupResource(target), target.name);
    throw error;
  }
}
