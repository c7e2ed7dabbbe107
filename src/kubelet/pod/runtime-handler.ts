/**
 * The runtime's handler behind a Pod's RuntimeClass, and what it can do.
 * https://kubernetes.io/docs/concepts/containers/runtime-class/
 */
import { isNotFound } from "../../api/errors.ts";
import { RuntimeClass } from "../../api/node/runtime-class.ts";
import type { Client } from "../../client/client.ts";
import type { RuntimeHandler, RuntimeService } from "../runtime/runtime.ts";
import type { ReadonlyPod } from "./containers.ts";

export interface RuntimeHandlersOptions {
  client: Client;
  runtime: RuntimeService;
  /** Users of a container are mapped to others of the machine; without a machine there are none. */
  mapsUsers: boolean;
}

async function nameOf(client: Client, { spec }: ReadonlyPod): Promise<string> {
  if (!spec.runtimeClassName) return "";
  try {
    return (await client.get(RuntimeClass, { name: spec.runtimeClassName })).handler;
  } catch (error) {
    if (isNotFound(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`failed to lookup RuntimeClass ${spec.runtimeClassName}: ${why}`, { cause: error });
  }
}

/** What the handler of that name can do; undefined where the runtime does not say. */
export async function handlerFeatures(runtime: RuntimeService, name: string): Promise<RuntimeHandler | undefined> {
  return (await runtime.status()).runtimeHandlers.find((handler) => handler.name === name);
}

/** Answers the name of the handler. Rejects with an Error where the Pod asks for what it cannot do. */
export const runtimeHandlers =
  ({ client, runtime, mapsUsers }: RuntimeHandlersOptions) =>
  async (pod: ReadonlyPod): Promise<string> => {
    const name = await nameOf(client, pod);
    if (pod.spec.hostUsers !== false) return name;
    const features = await handlerFeatures(runtime, name);
    if (!features?.userNamespaces) throw new Error(`RuntimeClass handler "${name}" does not support user namespaces`);
    if (!mapsUsers) throw new Error("this node maps no users: hostUsers must not be false");
    return name;
  };
