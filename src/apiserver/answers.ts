/** Successful answers, in the form that was negotiated. */
import type { KubernetesObject } from "../api/meta.ts";
import { encodeProtobuf, wrapUnknown } from "../api/protobuf/index.ts";
import { schemaOfKind } from "../api/schema.ts";
import { encodeUtf8 } from "../base/bytes.ts";
import type { HttpResponse } from "../base/http.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import { type Accepted, CONTENT_TYPES, negotiate, type Transformation } from "./negotiation.ts";
import { type Representation, representation, type Stored } from "./representation/representation.ts";
import type { ServerParts } from "./server-parts.ts";
import type { Target } from "./target.ts";
import { yamlOf } from "./yaml.ts";

const OBJECT_FORMS: readonly Transformation[] = ["Table", "PartialObjectMetadata"];
const LIST_FORMS: readonly Transformation[] = ["Table", "PartialObjectMetadataList"];

/** How the client wants objects of the target. Throws 406. Asked before anything is done. */
export function representationFor(
  { encodings }: Pick<ServerParts, "encodings">,
  { context, row, face }: Target,
  what: "object" | "list" | "watch",
): Representation {
  const { query } = context.info;
  const accepted = negotiate(context.request.headers.accept, {
    protobuf: row.typed,
    transformations: what === "list" ? LIST_FORMS : OBJECT_FORMS,
  });
  const includeObject = query.get("includeObject") ?? "Metadata";
  return representation({ row, face, accepted, includeObject, nowMs: () => context.clock.now(), encodings });
}

export function objectResponse(
  as: Representation,
  answer: { stored?: Stored | undefined; object?: DeepReadonly<KubernetesObject> | undefined },
  status: number,
): HttpResponse {
  const { stored, object } = answer;
  const body = stored ? as.stored(stored) : object ? as.object(object) : new Uint8Array(0);
  return { status, headers: { "content-type": as.contentType }, body };
}

/** How the client wants what is no object of the target: Status, Scale, reviews. */
export const acceptedFor = ({ context, row }: Pick<Target, "context" | "row">): Accepted => ({
  ...negotiate(context.request.headers.accept, { protobuf: row.typed, transformations: OBJECT_FORMS }),
  as: undefined,
});

const groupVersion = (apiVersion: string): { group: string; version: string } => {
  const slash = apiVersion.indexOf("/");
  return slash < 0
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
};

const META_TYPES = "k8s.io.apimachinery.pkg.apis.meta.v1";

function messageOf({ kind, apiVersion }: { kind: string; apiVersion: string }): string {
  if (kind === "Status") return `${META_TYPES}.Status`;
  const { group, version } = groupVersion(apiVersion);
  return schemaOfKind(group, version, kind).name;
}

/** An object of whatever kind as an answer. */
export function kindResponse(value: { kind: string; apiVersion: string }, accepted: Accepted, status: number): HttpResponse {
  const headers = { "content-type": CONTENT_TYPES[accepted.mediaType] };
  if (accepted.mediaType === "protobuf") {
    const { kind, apiVersion } = value;
    return { status, headers, body: wrapUnknown({ kind, apiVersion, raw: encodeProtobuf(messageOf(value), value) }) };
  }
  const text = accepted.mediaType === "yaml" ? yamlOf(value) : `${JSON.stringify(value)}\n`;
  return { status, headers, body: encodeUtf8(text) };
}
