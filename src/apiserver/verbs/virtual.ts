/** POST of what is not stored: reviews and TokenRequest, each answered by the part of the server that knows. */
import { ApiError, methodNotSupported } from "../../api/errors.ts";
import type { HttpResponse } from "../../base/http.ts";
import { admitCreate } from "../admission/subresource.ts";
import { acceptedFor, kindResponse } from "../answers.ts";
import type { ServerParts } from "../server-parts.ts";
import { groupResource, type Target } from "../target.ts";
import { writeOptions } from "../write/write-options.ts";
import { MAX_BODY_BYTES } from "../write/write-request.ts";
import { BINDING, bindPod } from "./bind-pod.ts";
import { findEntry } from "./get.ts";
import { type BodyKind, readKind } from "./kind-body.ts";

/** A Binding of its own names its Pod. Admission sees a Binding, not a Pod. */
async function createBinding(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const pods = parts.table.find("", "v1", "pods");
  if (pods === undefined) throw methodNotSupported(groupResource(target), "create");
  const body = await target.context.request.body(MAX_BODY_BYTES);
  const request = { ...target.context.request, body: () => Promise.resolve(body) };
  const { name } = (await readKind({ ...target, context: { ...target.context, request } }, BINDING)).metadata;
  const context = { ...target.context, request };
  return bindPod(parts, { ...target, ...pods, context, name }, { ...target, context, name });
}

export async function createVirtual(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const { context, row, face, subresource, namespace, name } = target;
  if (row.kind === "Binding") return createBinding(parts, target);
  const virtual = parts.virtualResources.find(
    (each) => each.group === row.group && each.resource === row.resource && each.subresource === (subresource?.name ?? ""),
  );
  if (virtual === undefined)
    throw new ApiError({
      code: 405,
      reason: "MethodNotAllowed",
      message: "the server does not allow this method on the requested resource",
      details: {},
    });
  const accepted = acceptedFor(target);
  const options = writeOptions(context);
  context.dryRun = options.dryRun;
  const kind: BodyKind = subresource?.kind ?? face;
  const object = await readKind(target, kind);
  const parent = subresource ? parts.caches.parse(row, await findEntry(parts, target)) : undefined;
  await admitCreate(parts, target, options, object);
  const answer = await virtual.create({
    object,
    user: context.user,
    namespace,
    name,
    parent,
    dryRun: options.dryRun,
    warn: (text) => void context.warnings.add(text),
  });
  return kindResponse(answer as { kind: string; apiVersion: string }, accepted, 201);
}
