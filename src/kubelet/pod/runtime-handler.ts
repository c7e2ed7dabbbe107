/**
 * The runtime's handler behind a Pod's RuntimeClass.
 * https://kubernetes.io/docs/concepts/containers/runtime-class/
 */
import { isNotFound } from "../../api/errors.ts";
import { RuntimeClass } from "../../api/node/runtime-class.ts";
import type { Client } from "../../client/client.ts";
import type { ReadonlyPod } from "./containers.ts";

export const runtimeHandlers =
  (client: Client) =>
  async ({ spec }: ReadonlyPod): Promise<string> => {
    if (!spec.runtimeClassName) return "";
    try {
      return (await client.get(RuntimeClass, { name: spec.runtimeClassName })).handler;
    } catch (error) {
      if (isNotFound(error)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`failed to lookup RuntimeClass ${spec.runtimeClassName}: ${why}`, { cause: error });
    }
  };
