/** The 403 with which a plugin refuses: about the object's name, or what its name will begin with. */
import { type ApiError, forbidden } from "../../api/errors.ts";
import type { AdmissionRequest } from "./plugin.ts";

export function refusal({ row, name, object }: AdmissionRequest, why: string): ApiError {
  return forbidden(row, name || object?.metadata.name || object?.metadata.generateName || "Unknown", why);
}
