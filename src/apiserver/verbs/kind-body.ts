/** Bodies of a kind that is not the row's own: Scale, Binding, Eviction, reviews. */
import { decodeKind, prepareYaml } from "../../api/decode/index.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { schemaOfKind } from "../../api/schema.ts";
import { bodyMediaType } from "../negotiation.ts";
import type { Target } from "../target.ts";
import { MAX_BODY_BYTES } from "../write/write-request.ts";

export interface BodyKind {
  group: string;
  version: string;
  kind: string;
}

/** Throws ApiError 400. Warnings about unknown fields become Warning headers. */
export async function readKind({ context }: Target, { group, version, kind }: BodyKind): Promise<KubernetesObject> {
  const mediaType = bodyMediaType(context.request.headers["content-type"], true);
  if (mediaType === "yaml") await prepareYaml();
  const bytes = await context.request.body(MAX_BODY_BYTES);
  const expected = { group, version, kind, schema: schemaOfKind(group, version, kind) };
  const { object, warnings } = decodeKind({ expected, bytes, mediaType, fieldValidation: "Warn" });
  for (const warning of warnings) context.warnings.add(warning);
  object.metadata ??= {};
  return object as unknown as KubernetesObject;
}

export const success = (code: number): { kind: string; apiVersion: string } =>
  ({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code }) as never;
