/**
 * OpenAPI v2 (Swagger): one document of everything, for older clients. Made from the same parts as v3, which it says more simply:
 * a reference stands alone, bodies are parameters, and there is no choice of types.
 */
import type { ApiVersion } from "./api-groups.ts";
import { partsOf, type Schema, type SchemaTexts } from "./open-api-v3.ts";
import { versionDocument } from "./version.ts";

type Json = Record<string, unknown>;

interface OperationV3 extends Json {
  parameters?: ParameterV3[];
  requestBody?: { content: Record<string, { schema: Json }>; required?: boolean };
  responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>;
}

interface ParameterV3 extends Json {
  name: string;
  in: string;
  schema: Json;
}

/** The document but for what its groups put in. */
export const swaggerHead = {
  swagger: "2.0",
  info: { title: "Kubernetes", version: versionDocument.gitVersion },
  parameters: {},
  securityDefinitions: { BearerToken: { type: "apiKey", in: "header", name: "authorization" } },
  security: [{ BearerToken: [] }],
} as const;

export interface SwaggerPart {
  readonly paths: Readonly<Record<string, Json>>;
  readonly definitions: Readonly<Record<string, Json>>;
}

/** What one group-version adds. `known` holds the names of definitions that others have added, and grows. */
export function swaggerPart(version: ApiVersion, texts: SchemaTexts, known: Set<string>): SwaggerPart {
  const { paths, schemas } = partsOf(version, texts);
  const added = Object.entries(schemas).filter(([name]) => !known.has(name));
  for (const [name] of added) known.add(name);
  return {
    paths: Object.fromEntries(Object.entries(paths).map(([path, item]) => [path, pathItem(item as Json)])),
    definitions: Object.fromEntries(added.map(([name, schema]) => [name, definition(schema)])),
  };
}

/** A schema in v2's words. */
function definition(value: Schema): Json {
  const { allOf, oneOf, default: fallback, ...rest } = value;
  const [only] = (allOf as Json[] | undefined) ?? [];
  if (only?.$ref !== undefined) return { $ref: referenceV2(only.$ref) };
  const result: Json = oneOf === undefined ? {} : { type: "string" };
  if (fallback !== undefined && fallback !== null && typeof fallback !== "object") result.default = fallback;
  for (const [key, member] of Object.entries(rest)) result[key] = keyword(key, member);
  return result;
}

function keyword(key: string, member: unknown): unknown {
  if (key === "$ref") return referenceV2(member);
  if (key === "items" || (key === "additionalProperties" && typeof member === "object")) return definition(member as Schema);
  if (key !== "properties") return member;
  return Object.fromEntries(Object.entries(member as Record<string, Schema>).map(([name, schema]) => [name, definition(schema)]));
}

const referenceV2 = (reference: unknown): string => String(reference).replace("#/components/schemas/", "#/definitions/");

const METHODS = ["get", "put", "post", "delete", "patch"];

function pathItem({ parameters, ...operations }: Json): Json {
  const made = METHODS.filter((method) => operations[method] !== undefined).map(
    (method) => [method, operation(operations[method] as OperationV3)] as const,
  );
  return { ...Object.fromEntries(made), parameters: (parameters as ParameterV3[]).map(parameter) };
}

const parameter = ({ schema, ...rest }: ParameterV3): Json => ({ ...rest, ...schema });

function operation({ parameters = [], requestBody, responses, ...rest }: OperationV3): Json {
  const [body] = Object.values(requestBody?.content ?? {});
  const sent = body && {
    name: "body",
    in: "body",
    ...(requestBody?.required ? { required: true } : {}),
    schema: definition(body.schema),
  };
  const produces = Object.keys(responses["200"]?.content ?? {});
  return {
    ...rest,
    consumes: requestBody ? Object.keys(requestBody.content) : ["*/*"],
    produces,
    schemes: ["https"],
    parameters: [...(sent ? [sent] : []), ...parameters.map(parameter)],
    responses: Object.fromEntries(Object.entries(responses).map(([code, response]) => [code, responseV2(response)])),
  };
}

function responseV2({ description, content }: OperationV3["responses"][string]): Json {
  const [first] = Object.values(content ?? {});
  return first ? { description, schema: definition(first.schema) } : { description };
}
