/**
 * OpenAPI v2 in the protobuf form that Go clients ask for: the messages of gnostic, as tables. Values that have no message there
 * (defaults, enums, extensions) are YAML text, for which JSON does.
 * https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto
 */
import { close, open, type Writer, writeText, writeVarint, written } from "../../api/protobuf/writer.ts";

/** What clients accept. */
export const SWAGGER_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
/** What the answer is called: the other name is no valid media type, and Go's parser refuses it. */
export const SWAGGER_PROTOBUF_ANSWER = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

type Json = Readonly<Record<string, unknown>>;

/** Writes what a value is, tags included, at the given field number. */
type Field = (writer: Writer, number: number, value: unknown) => void;

/** Members by name; `extensions`: the number under which `x-` members go. */
interface Message {
  readonly fields: Readonly<Record<string, readonly [number: number, field: Field]>>;
  readonly extensions?: number;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

const tag = (writer: Writer, number: number, wireType: number): void => writeVarint(writer, number * 8 + wireType);

function delimited(writer: Writer, number: number, content: () => void): void {
  tag(writer, number, LENGTH_DELIMITED);
  const start = open(writer);
  content();
  close(writer, start);
}

const text: Field = (writer, number, value) => {
  tag(writer, number, LENGTH_DELIMITED);
  writeText(writer, String(value));
};

const flag: Field = (writer, number, value) => {
  tag(writer, number, VARINT);
  writeVarint(writer, value === true ? 1 : 0);
};

const yaml: Field = (writer, number, value) => delimited(writer, number, () => text(writer, 2, `${JSON.stringify(value)}\n`));

const each =
  (field: Field): Field =>
  (writer, number, value) => {
    for (const element of value as readonly unknown[]) field(writer, number, element);
  };

/** A message that holds the value in one field. */
const inside =
  (inner: number, field: Field): Field =>
  (writer, number, value) =>
    delimited(writer, number, () => field(writer, inner, value));

/** An object as a list of (name, value) messages. */
const pairs =
  (field: Field): Field =>
  (writer, number, value) => {
    for (const [name, member] of Object.entries(value as Json))
      delimited(writer, number, () => {
        text(writer, 1, name);
        field(writer, 2, member);
      });
  };

/** A list of texts as a message of its own. */
const texts: Field = (writer, number, value) => delimited(writer, number, () => each(text)(writer, 1, value));

function writeMembers(writer: Writer, { fields, extensions }: Message, value: Json): void {
  const extra: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const known = fields[name];
    if (known !== undefined) known[1](writer, known[0], member);
    else if (extensions !== undefined && name.startsWith("x-")) extra[name] = member;
  }
  if (extensions !== undefined) pairs(yaml)(writer, extensions, extra);
}

const message =
  (described: () => Message): Field =>
  (writer, number, value) =>
    delimited(writer, number, () => writeMembers(writer, described(), value as Json));

const schema: Field = message(() => SCHEMA);

const SCHEMA: Message = {
  fields: {
    $ref: [1, text],
    format: [2, text],
    title: [3, text],
    description: [4, text],
    default: [5, yaml],
    uniqueItems: [16, flag],
    required: [19, each(text)],
    enum: [20, each(yaml)],
    additionalProperties: [
      21,
      (writer, number, value) =>
        typeof value === "boolean" ? inside(2, flag)(writer, number, value) : inside(1, schema)(writer, number, value),
    ],
    type: [22, inside(1, text)],
    items: [23, inside(1, schema)],
    properties: [25, inside(1, pairs(schema))],
  },
  extensions: 31,
};

const BODY_PARAMETER: Message = { fields: { name: [2, text], in: [3, text], required: [4, flag], schema: [5, schema] } };

const QUERY_PARAMETER: Message = {
  fields: { required: [1, flag], in: [2, text], name: [4, text], type: [6, text], uniqueItems: [20, flag] },
};

const PATH_PARAMETER: Message = {
  fields: { required: [1, flag], in: [2, text], name: [4, text], type: [5, text], uniqueItems: [19, flag] },
};

const PARAMETER_FORMS: Readonly<Record<string, Field>> = {
  body: inside(
    1,
    message(() => BODY_PARAMETER),
  ),
  query: inside(
    2,
    inside(
      3,
      message(() => QUERY_PARAMETER),
    ),
  ),
  path: inside(
    2,
    inside(
      4,
      message(() => PATH_PARAMETER),
    ),
  ),
};

/** A parameter, in the messages that tell its kinds apart. */
const parameter: Field = (writer, number, value) => {
  const form = PARAMETER_FORMS[String((value as Json).in)];
  if (form !== undefined) delimited(writer, number, () => form(writer, 1, value));
};

const RESPONSE: Message = { fields: { description: [1, text], schema: [2, inside(1, schema)] } };

const OPERATION: Message = {
  fields: {
    tags: [1, each(text)],
    operationId: [5, text],
    produces: [6, each(text)],
    consumes: [7, each(text)],
    parameters: [8, each(parameter)],
    responses: [
      9,
      inside(
        1,
        pairs(
          inside(
            1,
            message(() => RESPONSE),
          ),
        ),
      ),
    ],
    schemes: [10, each(text)],
  },
  extensions: 13,
};

const operation: Field = message(() => OPERATION);

const PATH_ITEM: Message = {
  fields: {
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    patch: [8, operation],
    parameters: [9, each(parameter)],
  },
};

const INFO: Message = { fields: { title: [1, text], version: [2, text] } };
const API_KEY: Message = { fields: { type: [1, text], name: [2, text], in: [3, text] } };

const DOCUMENT: Message = {
  fields: {
    swagger: [1, text],
    info: [2, message(() => INFO)],
    paths: [8, inside(2, pairs(message(() => PATH_ITEM)))],
    definitions: [9, inside(1, pairs(schema))],
    security: [12, each(inside(1, pairs(texts)))],
    securityDefinitions: [
      13,
      inside(
        1,
        pairs(
          inside(
            2,
            message(() => API_KEY),
          ),
        ),
      ),
    ],
  },
};

export const encodeSwagger = (document: Json): Uint8Array => written((writer) => writeMembers(writer, DOCUMENT, document));
