/**
 * In which form an answer goes out (JSON, YAML, protobuf; the object itself, a Table, or its metadata) and a body comes in.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
 */
import type { MediaType } from "../api/decode/index.ts";
import { ApiError, unsupportedMediaType } from "../api/errors.ts";

export type Transformation = "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";

export interface Accepted {
  mediaType: MediaType;
  /** Undefined: the object as it is. */
  as: Transformation | undefined;
}

const JSON_ACCEPTED: Accepted = { mediaType: "json", as: undefined };

const TYPES: Readonly<Record<string, MediaType>> = {
  "application/json": "json",
  "application/yaml": "yaml",
  "application/vnd.kubernetes.protobuf": "protobuf",
  "*/*": "json",
};

export const CONTENT_TYPES: Readonly<Record<MediaType, string>> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};

export interface Clause {
  type: string;
  parameters: ReadonlyMap<string, string>;
  quality: number;
}

function clauseOf(text: string): Clause {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim());
  const parameters = new Map(
    rest.map((part) => {
      const equals = part.indexOf("=");
      return equals < 0 ? ([part, ""] as const) : ([part.slice(0, equals), part.slice(equals + 1)] as const);
    }),
  );
  const quality = Number(parameters.get("q") ?? "1");
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
}

/** The clauses of an Accept header, the most wanted first; of equals, the first one stays first. */
function clausesOf(header: string): Clause[] {
  return header
    .split(",")
    .filter((text) => text.trim() !== "")
    .map(clauseOf)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
}

export interface Offer {
  /** Built-in types only. */
  protobuf: boolean;
  /** The transformations that this answer can be given in. */
  transformations: readonly Transformation[];
}

function accepts({ type, parameters }: Clause, offer: Offer): Accepted | undefined {
  const mediaType = TYPES[type];
  if (mediaType === undefined || (mediaType === "protobuf" && !offer.protobuf)) return undefined;
  const as = parameters.get("as");
  if (as === undefined || as === "") return { mediaType, as: undefined };
  if (parameters.get("g") !== "meta.k8s.io" || parameters.get("v") !== "v1") return undefined;
  const transformation = offer.transformations.find((each) => each === as);
  if (transformation === undefined || (transformation === "Table" && mediaType === "protobuf")) return undefined;
  return { mediaType, as: transformation };
}

/** Memo of headers that clients send again and again; small, since there are few kinds of clients. */
const parsed = new Map<string, Clause[]>();
const MEMO_LIMIT = 256;

/** The clauses of an Accept header, the most wanted first. */
export function acceptedClauses(header: string): Clause[] {
  const known = parsed.get(header);
  if (known) return known;
  if (parsed.size >= MEMO_LIMIT) parsed.clear();
  const clauses = clausesOf(header);
  parsed.set(header, clauses);
  return clauses;
}

/** Throws 406 where nothing that is offered is accepted. */
export function negotiate(header: string | undefined, offer: Offer): Accepted {
  if (header === undefined || header.trim() === "") return JSON_ACCEPTED;
  for (const clause of acceptedClauses(header)) {
    const accepted = accepts(clause, offer);
    if (accepted) return accepted;
  }
  const types = Object.values(CONTENT_TYPES).filter((type) => offer.protobuf || type !== CONTENT_TYPES.protobuf);
  throw new ApiError({
    code: 406,
    reason: "NotAcceptable",
    message: `only the following media types are accepted: ${types.join(", ")}`,
    details: {},
  });
}

/** The form in which an error goes out: JSON where nothing better was asked for. */
export function negotiateError(header: string | undefined): Accepted {
  try {
    return { ...negotiate(header, { protobuf: true, transformations: ["Table", "PartialObjectMetadata"] }), as: undefined };
  } catch {
    return JSON_ACCEPTED;
  }
}

/** The form of a request body. Throws 415. */
export function bodyMediaType(header: string | undefined, protobuf: boolean): MediaType {
  const type = (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "" || type === "*/*") return "json";
  const mediaType = TYPES[type];
  if (mediaType !== undefined && (protobuf || mediaType !== "protobuf")) return mediaType;
  const types = Object.values(CONTENT_TYPES).filter((each) => protobuf || each !== CONTENT_TYPES.protobuf);
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${types.join(", ")}`,
  );
}
