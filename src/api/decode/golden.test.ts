/** What upstream took and refused, in the recorded scenarios: the bodies of every create of a built-in resource. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { decodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import { isApiError } from "../errors.ts";
import { decodeProtobuf, encodeProtobuf } from "../protobuf/index.ts";
import { findResource, type Served } from "../resources.ts";
import { decode, type FieldValidation, type MediaType, normaliseType, prepareYaml } from "./index.ts";

const GOLDEN = join(import.meta.dirname, "../../../facts/golden");
const AREAS = ["zero-values", "defaulting", "protocol", "validation", "patch", "metadata"];

interface Step {
  request: {
    method: string;
    path: string;
    headers?: Record<string, string>;
    query?: Record<string, string>;
    body?: unknown;
    text?: string;
    b64?: string;
  };
  response: { status: number };
}

interface Create {
  title: string;
  served: Served;
  bytes: Uint8Array;
  mediaType: MediaType;
  fieldValidation: FieldValidation;
  status: number;
}

const PATH = /^\/(?:api|apis\/([^/]+))\/([^/]+)\/(?:namespaces\/\{ns\}\/)?([a-z]+)$/;

function bytesOf({ b64, text, body }: Step["request"]): Uint8Array {
  if (b64 !== undefined) return decodeBase64(b64);
  return encodeUtf8(text ?? (body === undefined ? "" : JSON.stringify(body)));
}

function createOf({ request, response }: Step, title: string): Create[] {
  const [, group = "", version = "", resource = ""] = PATH.exec(request.path) ?? [];
  const served = request.method === "POST" ? findResource(group, version, resource) : undefined;
  const bytes = bytesOf(request);
  if (served === undefined || bytes.length === 0) return [];
  const type = request.headers?.["Content-Type"] ?? "json";
  const mediaType = type.includes("protobuf") ? "protobuf" : type.includes("yaml") ? "yaml" : "json";
  const fieldValidation = (request.query?.fieldValidation ?? "Warn") as FieldValidation;
  return [{ title, served, bytes, mediaType, fieldValidation, status: response.status }];
}

/** Refused by logic of the server, not by decoding. */
const LATER = new Set(["defaulting/tokenreviews.json 2", "metadata/namespace-mismatch.json 0"]);

const creates = AREAS.flatMap((area) =>
  readdirSync(join(GOLDEN, area)).flatMap((file) => {
    const { steps } = JSON.parse(readFileSync(join(GOLDEN, area, file), "utf8")) as { steps: Step[] };
    return steps.flatMap((step, index) => createOf(step, `${area}/${file} ${index}`));
  }),
).filter(({ title }) => !LATER.has(title));

beforeAll(prepareYaml);

function statusOf({ served, bytes, mediaType, fieldValidation }: Create): number {
  try {
    decode({ ...served, bytes, mediaType, fieldValidation });
    return 201;
  } catch (error) {
    if (isApiError(error)) return error.code;
    throw error;
  }
}

test("bodies that upstream refuses to decode are refused, all others are taken", () => {
  expect(creates.length).toBeGreaterThan(500);
  const wrong = creates.filter((create) => (statusOf(create) === 400) !== (create.status === 400)).map(({ title }) => title);
  expect(wrong).toEqual([]);
});

/** Kind and apiVersion of claim templates are JSON's alone; raw JSON numbers cannot be compared. */
const comparable = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, each: unknown) => (key === "apiVersion" || key === "kind" ? undefined : each));

test("what was taken is the same after a round trip through protobuf", () => {
  const taken = creates.filter(({ status, served }) => status === 201 && served.face.toFace === undefined);
  for (const { title, served, bytes, mediaType } of taken) {
    const { object } = decode({ ...served, bytes, mediaType, fieldValidation: "Ignore" });
    const { schema } = served.face;
    const again = normaliseType({ schema }, decodeProtobuf(schema.name, encodeProtobuf(schema.name, object)));
    expect(comparable(again), title).toEqual(comparable(normaliseType({ schema }, JSON.parse(JSON.stringify(object)))));
  }
});
