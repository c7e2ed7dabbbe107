/** POST to a collection. */
import { ApiError } from "../../api/errors.ts";
import type { HttpResponse } from "../../base/http.ts";
import { objectResponse, representationFor } from "../answers.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { createObject } from "../write/create-object.ts";
import { writeOptions } from "../write/write-options.ts";
import { placeObject, readBody } from "../write/write-request.ts";

export async function create(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const as = representationFor(parts, target, "object");
  const options = writeOptions(target.context);
  target.context.dryRun = options.dryRun;
  const body = await readBody(target, options);
  const created = await createObject(parts, target, options, () => {
    const object = body.decode();
    placeObject(target, object);
    if (object.metadata.resourceVersion)
      throw new ApiError({ code: 500, reason: "", message: "resourceVersion should not be set on objects to be created" });
    return object;
  });
  return objectResponse(as, created, 201);
}
