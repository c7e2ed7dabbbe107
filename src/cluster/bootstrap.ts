/**
 * What a new cluster begins with. Missing objects are made at every start; default roles are brought up to date; whatever else is
 * there is left as it is.
 */
import { isAlreadyExists } from "../api/errors.ts";
import type { Draft, KubernetesObject } from "../api/meta.ts";
import { findKind } from "../api/resources.ts";
import type { AnyResource } from "../api/row.ts";
import { bootstrapObjects, reconcileRbac, type TrustOptions } from "../apiserver/bootstrap/index.ts";
import type { ApiServer } from "../apiserver/server.ts";
import { assert } from "../base/assert.ts";
import type { Client } from "../client/client.ts";

type Default = Draft<KubernetesObject>;

const RBAC_API = "rbac.authorization.k8s.io/v1";

function rowOf({ apiVersion = "", kind = "" }: Default): AnyResource {
  const row = findKind(apiVersion, kind)?.row;
  assert(row !== undefined, `a bootstrap object has the unknown kind ${apiVersion} ${kind}`);
  return row;
}

async function keep(client: Client, server: ApiServer, wanted: Default): Promise<void> {
  const row = rowOf(wanted);
  const { namespace = "", name = "" } = wanted.metadata ?? {};
  const present = server.reader.get(row, namespace, name);
  if (present === undefined) return createMissing(client, row, wanted);
  const change = wanted.apiVersion === RBAC_API ? reconcileRbac(wanted, present) : undefined;
  if (change?.type === "update") await client.update(row, change.object);
  if (change?.type !== "replace") return;
  await client.delete(row, { namespace, name });
  await createMissing(client, row, change.object);
}

async function createMissing(client: Client, row: AnyResource, wanted: Default): Promise<void> {
  try {
    await client.create(row, wanted);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** Namespaces come first; all the rest is written beside each other and shares the store's commits. */
export async function bootstrap(client: Client, server: ApiServer, trust: TrustOptions): Promise<void> {
  const objects = bootstrapObjects(trust);
  await server.load([...new Set(objects.map(rowOf))]);
  const isNamespace = ({ kind }: Default): boolean => kind === "Namespace";
  await Promise.all(objects.filter(isNamespace).map((wanted) => keep(client, server, wanted)));
  await Promise.all(objects.filter((wanted) => !isNamespace(wanted)).map((wanted) => keep(client, server, wanted)));
}
