/** DELETE of one object. */
import type { HttpResponse } from "../../base/http.ts";
import { acceptedFor, kindResponse, objectResponse, representationFor } from "../answers.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { type Deleted, deleteObject } from "../write/delete-object.ts";
import { orphansByDefault } from "../write/deletion.ts";
import { deleteOptions } from "./delete-options.ts";

/** Kinds that answer with the object itself also where it is gone at once. */
const SHOWN_WHEN_GONE: ReadonlySet<string> = new Set([
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/pods",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "/services",
  "resource.k8s.io/deviceclasses",
  "resource.k8s.io/resourceclaims",
  "resource.k8s.io/resourceclaimtemplates",
  "resource.k8s.io/resourceslices",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/storageclasses",
  "storage.k8s.io/volumeattachments",
  "storage.k8s.io/volumeattributesclasses",
]);

const CHILD_PODS =
  "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

function successStatus({ face, row, name }: Target, { object }: Deleted): { kind: string; apiVersion: string } {
  const details = {
    name,
    ...(face.group === "" ? {} : { group: face.group }),
    kind: row.resource,
    uid: object.metadata.uid,
  };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details } as never;
}

export async function remove(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const as = representationFor(parts, target, "object");
  const options = await deleteOptions(target);
  target.context.dryRun = options.dryRun;
  const silent = options.propagationPolicy !== undefined || options.orphanDependents !== undefined;
  if (target.row.resource === "jobs" && orphansByDefault(target.row) && !silent) target.context.warnings.add(CHILD_PODS);
  const deleted = await deleteObject(parts, target, options);
  if (deleted.gone && !SHOWN_WHEN_GONE.has(`${target.row.group}/${target.row.resource}`))
    return kindResponse(successStatus(target, deleted), acceptedFor(target), 200);
  return objectResponse(as, deleted, 200);
}
