/**
 * The scale subresource: how many replicas an object asks for and has, the same for every kind that can be scaled.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/
 */

import { badRequest, invalid, modified } from "../../api/errors.ts";
import type { KubernetesObject, LabelSelector } from "../../api/meta.ts";
import { schemaOfKind } from "../../api/schema.ts";
import { formatLabelSelector, selectorFromLabels, selectorFromObject } from "../../api/selectors/index.ts";
import { humanAge } from "../../api/table/duration.ts";
import type { ColumnDefinition, Table } from "../../api/table/table.ts";
import { decodeUtf8 } from "../../base/bytes.ts";
import { cloneJson } from "../../base/clone.ts";
import type { HttpResponse } from "../../base/http.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { acceptedFor, kindResponse } from "../answers.ts";
import { negotiate } from "../negotiation.ts";
import type { ServerParts } from "../server-parts.ts";
import { groupResource, type Target } from "../target.ts";
import { updateObject } from "../write/update-object.ts";
import { writeOptions } from "../write/write-options.ts";
import { MAX_BODY_BYTES } from "../write/write-request.ts";
import { findEntry } from "./get.ts";
import { readKind } from "./kind-body.ts";
import { checkPatchType, type Patch, parsePatch, report } from "./patch.ts";

const SCALE = { group: "autoscaling", version: "v1", kind: "Scale" } as const;

interface Scalable extends KubernetesObject {
  spec?: { replicas?: number; selector?: LabelSelector | Record<string, string> };
  status?: { replicas?: number };
}

interface Scale extends KubernetesObject {
  spec?: { replicas?: number } | null;
}

/** A selector as text: what autoscalers list Pods with. Those of ReplicationControllers are maps of labels. */
function selectorText(selector: DeepReadonly<LabelSelector> | DeepReadonly<Record<string, string>> | undefined): string {
  if (selector === undefined) return "";
  const whole = selector as DeepReadonly<LabelSelector>;
  const isMap = whole.matchLabels === undefined && whole.matchExpressions === undefined;
  return formatLabelSelector(
    isMap ? selectorFromLabels(selector as DeepReadonly<Record<string, string>>) : selectorFromObject(whole),
  );
}

function scaleOf(object: DeepReadonly<Scalable>): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = object.spec?.replicas ?? 0;
  const selector = selectorText(object.spec?.selector);
  return {
    kind: SCALE.kind,
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: object.status?.replicas ?? 0, ...(selector === "" ? {} : { selector }) },
  } as never;
}

const SCALE_COLUMNS: readonly ColumnDefinition[] = [
  { name: "Name", type: "string", format: "name", priority: 0, description: "" },
  { name: "Desired", type: "integer", format: "", priority: 0, description: "" },
  { name: "Available", type: "integer", format: "", priority: 0, description: "" },
  { name: "Age", type: "string", format: "", priority: 0, description: "" },
];

/** A Scale as `kubectl get --subresource=scale` asks for it. */
function scaleTable(scale: Scale, nowMs: number): Table {
  const { name, creationTimestamp, resourceVersion = "" } = scale.metadata;
  const { status } = scale as Scalable;
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion },
    columnDefinitions: SCALE_COLUMNS,
    rows: [
      {
        cells: [name, scale.spec?.replicas ?? 0, status?.replicas ?? 0, humanAge(creationTimestamp, nowMs)],
        object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: scale.metadata },
      },
    ],
  };
}

export async function getScale(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const accepted = acceptedFor(target);
  const entry = await findEntry(parts, target);
  const scale = scaleOf(parts.caches.parse(target.row, entry) as Scalable);
  const { clock, request } = target.context;
  const isTable = negotiate(request.headers.accept, { protobuf: true, transformations: ["Table"] }).as === "Table";
  return kindResponse(isTable ? scaleTable(scale, clock.now()) : scale, accepted, 200);
}

function checkScale({ name }: Target, scale: Scale): number {
  if (scale.metadata.name && scale.metadata.name !== name)
    throw badRequest(`the name of the object (${scale.metadata.name}) does not match the name on the URL (${name})`);
  const replicas = scale.spec?.replicas ?? 0;
  if (!Number.isInteger(replicas))
    throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas must be an integer');
  if (replicas < 0)
    throw invalid({ group: "autoscaling", kind: "Scale" }, name, [
      {
        reason: "FieldValueInvalid",
        message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
        field: "spec.replicas",
      },
    ]);
  return replicas;
}

async function writeScale(
  parts: ServerParts,
  target: Target,
  propose: (old: Scale) => Scale | Promise<Scale>,
): Promise<HttpResponse> {
  const accepted = acceptedFor(target);
  const options = writeOptions(target.context);
  target.context.dryRun = options.dryRun;
  const updated = await updateObject(parts, {
    target,
    options,
    unconditional: true,
    async propose(old) {
      const before = scaleOf(old as DeepReadonly<Scalable>);
      const scale = await propose(before);
      const replicas = checkScale(target, scale);
      const { resourceVersion } = scale.metadata;
      if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw modified(groupResource(target), target.name);
      const object = cloneJson(old) as Scalable;
      object.spec = { ...object.spec, replicas };
      return object;
    },
  });
  const { object, stored } = updated;
  const shown = cloneJson(object) as Scalable;
  if (stored) shown.metadata.resourceVersion = String(stored.revision);
  return kindResponse(scaleOf(shown), accepted, 200);
}

export async function updateScale(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const scale = await readKind(target, SCALE);
  return writeScale(parts, target, () => scale);
}

export async function patchScale(parts: ServerParts, target: Target): Promise<HttpResponse> {
  checkPatchType(target);
  const text = decodeUtf8(await target.context.request.body(MAX_BODY_BYTES));
  let parsed: Patch | undefined;
  return writeScale(parts, target, (old) => {
    parsed ??= parsePatch(target, text, schemaOfKind(SCALE.group, SCALE.version, SCALE.kind));
    report(target, parsed.complaints, writeOptions(target.context));
    return cloneJson(parsed.apply(old as never)) as unknown as Scale;
  });
}
