/** pods/proxy, services/proxy, nodes/proxy: requests that are passed on to what runs behind the object. */
import { badRequest } from "../../api/errors.ts";
import type { HttpResponse } from "../../base/http.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { findEntry } from "./get.ts";

export async function proxy(parts: ServerParts, target: Target): Promise<HttpResponse> {
  await findEntry(parts, target);
  throw badRequest("address not allowed");
}
