/**
 * GET of ComponentStatus, which is stored nowhere: the store and the components beside it, as this server knows them.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/component-status-v1/
 */
import { notFound } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import type { HttpResponse } from "../../base/http.ts";
import { objectResponse, representationFor } from "../answers.ts";
import { encodeRecord } from "../records/record.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";

const STORE = "etcd-0";

async function storeProblem({ store }: ServerParts): Promise<string | undefined> {
  try {
    await store.revision();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function statusOf(name: string, problem: string | undefined): KubernetesObject {
  const condition =
    problem === undefined
      ? { type: "Healthy", status: "True", message: "ok" }
      : { type: "Healthy", status: "False", message: "", error: problem };
  return {
    kind: "ComponentStatus",
    apiVersion: "v1",
    metadata: { name },
    conditions: [condition],
  } as unknown as KubernetesObject;
}

/** Components run in the server's own process: that it answers says that they run. */
async function all(parts: ServerParts): Promise<KubernetesObject[]> {
  const store = statusOf(STORE, await storeProblem(parts));
  return [...parts.components.map((name) => statusOf(name, undefined)), store];
}

export async function componentStatus(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const { name } = target;
  const statuses = await all(parts);
  if (name === "") {
    const as = representationFor(parts, target, "list");
    const items = statuses.map((status) => ({ record: encodeRecord(status, 0), revision: 0 }));
    return { status: 200, headers: { "content-type": as.contentType }, body: as.list(items, { resourceVersion: "" }) };
  }
  const object = statuses.find(({ metadata }) => metadata.name === name);
  if (object === undefined) throw notFound({ group: "", resource: "componentstatus" }, name);
  return objectResponse(representationFor(parts, target, "object"), { object }, 200);
}
