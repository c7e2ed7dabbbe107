/**
 * DELETE of a collection: each object that is selected, in order; the answer lists them. They are not one transaction: what was
 * deleted before an error stays deleted.
 */
import { isNotFound } from "../../api/errors.ts";
import type { HttpResponse } from "../../base/http.ts";
import { representationFor } from "../answers.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { deleteObject } from "../write/delete-object.ts";
import { type DeleteOptions, deleteOptions } from "./delete-options.ts";
import { listEntries, listMetadata } from "./list.ts";
import { listOptions } from "./list-options.ts";

/** Deletions that share the store's durable commits: one by one, each would wait for its own. */
const BESIDE_EACH_OTHER = 64;

async function deleteIfThere(parts: ServerParts, target: Target, options: DeleteOptions): Promise<void> {
  try {
    await deleteObject(parts, target, options);
  } catch (error) {
    // Somebody else was faster.
    if (!isNotFound(error)) throw error;
  }
}

export async function deleteCollection(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const as = representationFor(parts, target, "list");
  const options = await deleteOptions(target);
  target.context.dryRun = options.dryRun;
  const listed = await listEntries(parts, target, listOptions(target.context.info));
  for (let start = 0; start < listed.items.length; start += BESIDE_EACH_OTHER) {
    if (start > 0) await parts.clock.pause();
    const some = listed.items.slice(start, start + BESIDE_EACH_OTHER);
    await Promise.all(some.map(({ namespace, name }) => deleteIfThere(parts, { ...target, namespace, name }, options)));
  }
  return {
    status: 200,
    headers: { "content-type": as.contentType },
    body: as.list(listed.items, listMetadata({ ...listed, next: undefined })),
  };
}
