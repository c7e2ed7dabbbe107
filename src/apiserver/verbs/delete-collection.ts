/** DELETE of a collection: each object that is selected, one after another; the answer lists them. */
import { isNotFound } from "../../api/errors.ts";
import type { HttpResponse } from "../../base/http.ts";
import { representationFor } from "../answers.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { deleteObject } from "../write/delete-object.ts";
import { deleteOptions } from "./delete-options.ts";
import { listEntries, listMetadata } from "./list.ts";
import { listOptions } from "./list-options.ts";

export async function deleteCollection(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const as = representationFor(parts, target, "list");
  const options = await deleteOptions(target);
  target.context.dryRun = options.dryRun;
  const listed = await listEntries(parts, target, listOptions(target.context.info));
  for (const { namespace, name } of listed.items) {
    try {
      await deleteObject(parts, { ...target, namespace, name }, options);
    } catch (error) {
      // Somebody else was faster.
      if (!isNotFound(error)) throw error;
    }
  }
  return {
    status: 200,
    headers: { "content-type": as.contentType },
    body: as.list(listed.items, listMetadata({ ...listed, next: undefined })),
  };
}
