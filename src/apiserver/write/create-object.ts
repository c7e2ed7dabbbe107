/**
 * The write chain of a create: decode, managedFields, mutating admission, prepare, allocate, validate, validating admission, commit.
 * A generated name that is taken is generated again.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#generated-values
 */
import { ApiError, alreadyExists, invalid, type StatusCause, serviceUnavailable } from "../../api/errors.ts";
import { updateManagedFields } from "../../api/managed-fields/index.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { generatedBase } from "../../api/meta-validation.ts";
import { report } from "../../api/validation-report.ts";
import { randomSuffix, uuid } from "../../base/entropy.ts";
import type { Operation } from "../../store/store.ts";
import type { AdmissionRequest } from "../admission/plugin.ts";
import type { Stored } from "../representation/representation.ts";
import type { ServerParts } from "../server-parts.ts";
import { apiVersionOf, groupResource, type Target } from "../target.ts";
import { commitPut, recordOf, refusedOperation } from "./commit.ts";
import { setGeneration, setSystemFields } from "./object-changes.ts";
import { setRequester } from "./requester.ts";
import { dropStatus } from "./subresource-content.ts";
import { validate } from "./validation.ts";
import type { WriteOptions } from "./write-options.ts";

export interface Created {
  object: KubernetesObject;
  /** Absent in a dry run. */
  stored: Stored | undefined;
}

const NAME_ATTEMPTS = 8;
/** Times that a companion's collision starts the write again. */
const COMPANION_ATTEMPTS = 16;

function nameObject({ entropy }: ServerParts, { face }: Target, object: KubernetesObject): boolean {
  const { metadata } = object;
  if (metadata.name) return false;
  if (!metadata.generateName) {
    throw invalid({ group: face.group, kind: face.kind }, "", [
      { reason: "FieldValueRequired", message: "Required value: name or generateName is required", field: "metadata.name" },
    ]);
  }
  metadata.name = generatedBase(metadata.generateName) + randomSuffix(entropy);
  return true;
}

export function admissionRequest(
  { context, row, namespace, subresource }: Target,
  options: Pick<WriteOptions, "dryRun" | "sent">,
  operation: AdmissionRequest["operation"],
  objects: Pick<AdmissionRequest, "object" | "old" | "name">,
): AdmissionRequest {
  return {
    operation,
    row,
    subresource: subresource?.name ?? "",
    namespace: row.kind === "Namespace" ? objects.name : namespace,
    user: context.user,
    dryRun: options.dryRun,
    options: options.sent,
    warn: (text) => void context.warnings.add(text),
    ...objects,
  };
}

/** Everything up to the commit. Changes `object`. Gives the operations that go with it. */
async function prepare(
  parts: ServerParts,
  target: Target,
  object: KubernetesObject,
  options: WriteOptions,
): Promise<Operation[]> {
  const { row, face } = target;
  const nowMs = parts.clock.now();
  const operations: Operation[] = [];
  updateManagedFields({
    row,
    previous: undefined,
    object,
    manager: options.manager,
    operation: "Update",
    subresource: "",
    apiVersion: apiVersionOf(face),
    nowMs,
  });
  const request = admissionRequest(target, options, "CREATE", { object, old: undefined, name: object.metadata.name });
  await parts.admission.mutate(request, operations);
  dropStatus(row, object);
  row.strategy.prepareForCreate?.(object);
  if (row.resource === "certificatesigningrequests") setRequester(object, target.context.user);
  setGeneration(row, object, undefined);
  const causes: StatusCause[] = [];
  for (const companion of parts.companions) {
    if (!companion.handles(row)) continue;
    const write = { object, old: undefined, dryRun: options.dryRun, report: report(causes) };
    operations.push(...(await companion.prepare(write)));
  }
  validate({ target, object, old: undefined }, causes);
  await parts.admission.validate(request, operations);
  return operations;
}

const nameTaken = (target: Target, name: string): ApiError => {
  const error = alreadyExists(groupResource(target), name);
  return new ApiError({
    code: error.code,
    reason: error.reason,
    message: `${error.message}, the server was not able to generate a unique name for the object`,
    details: { ...error.details, retryAfterSeconds: 1 },
  });
};

async function attempt(parts: ServerParts, target: Target, object: KubernetesObject, options: WriteOptions): Promise<Created> {
  const { row } = target;
  setSystemFields(object, uuid(parts.entropy), parts.clock.now());
  const others = await prepare(parts, target, object, options);
  const { name, namespace } = object.metadata;
  const cacheKey = row.namespaced ? `${namespace}/${name}` : name;
  if (options.dryRun) {
    const cache = parts.caches.of(row);
    await cache.ready();
    if (cache.get(cacheKey)) throw alreadyExists(groupResource(target), name);
    return { object, stored: undefined };
  }
  const record = recordOf(row, object);
  const stored = await commitPut(parts, { row, key: row.prefix + cacheKey, object, record, if: "absent", others });
  return { object, stored };
}

/** `fresh` gives the object as it was sent, anew for each attempt. */
export async function createObject(
  parts: ServerParts,
  target: Target,
  options: WriteOptions,
  fresh: () => KubernetesObject,
): Promise<Created> {
  let names = 0;
  for (let attempts = 0; attempts < COMPANION_ATTEMPTS; attempts++) {
    const object = fresh();
    const generated = nameObject(parts, target, object);
    try {
      return await attempt(parts, target, object, options);
    } catch (error) {
      const refused = refusedOperation(error);
      if (refused === undefined) throw error;
      if (refused > 0) continue;
      if (!generated) throw alreadyExists(groupResource(target), object.metadata.name);
      if (++names >= NAME_ATTEMPTS) throw nameTaken(target, object.metadata.name);
    }
  }
  throw serviceUnavailable("too many other writes are in the way: try again");
}
