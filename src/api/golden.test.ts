/**
 * Defaults and field errors against upstream's own: every create of a built-in kind in the recorded scenarios, without a server.
 * What admission plugins, allocation and CEL add is left to the replays against a running server.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeBase64, encodeUtf8 } from "../base/bytes.ts";
import { decode, type MediaType, prepareYaml } from "./decode/index.ts";
import { isApiError, type StatusCause } from "./errors.ts";
import type { KubernetesObject } from "./meta.ts";
import { validateMetadata } from "./meta-validation.ts";
import { findResource, type Served } from "./resources.ts";
import { report } from "./validation-report.ts";

const GOLDEN = join(import.meta.dirname, "../../facts/golden");
const AREAS = ["defaulting", "validation", "zero-values"];
const PATH = /^\/(?:api|apis\/([^/]+))\/([^/]+)\/(?:namespaces\/([^/]+)\/)?([a-z]+)$/;

interface Step {
  request: { method: string; path: string; headers?: Record<string, string>; body?: unknown; text?: string; b64?: string };
  response: { status: number; body?: Recorded; pick?: Record<string, unknown> };
}

interface Recorded {
  spec?: unknown;
  details?: { causes?: StatusCause[] };
}

interface Create {
  title: string;
  served: Served;
  namespace: string;
  bytes: Uint8Array;
  mediaType: MediaType;
  status: number;
  causes: readonly StatusCause[];
  spec: unknown;
}

/** Names of a run, in place of the tokens. */
const filled = (text: string): string => text.replaceAll("{ns}", "ns").replaceAll("{u}", "u");

function createOf({ request, response }: Step, title: string): Create[] {
  const [, group = "", version = "", namespace = "", resource = ""] = PATH.exec(filled(request.path)) ?? [];
  const served = request.method === "POST" ? findResource(group, version, resource) : undefined;
  const { body, text, b64, headers } = request;
  if (!served?.row.stored || (body ?? text ?? b64) === undefined || JSON.stringify(body ?? text ?? "").includes("{{")) return [];
  const bytes = b64 === undefined ? encodeUtf8(filled(text ?? JSON.stringify(body))) : decodeBase64(b64);
  const type = headers?.["Content-Type"] ?? "json";
  const mediaType = type.includes("protobuf") ? "protobuf" : type.includes("yaml") ? "yaml" : "json";
  const recorded = response.body;
  const picked = response.pick?.["/details/causes"] ?? (response.pick?.["/details"] as Recorded["details"])?.causes;
  const causes = recorded?.details?.causes ?? (picked as StatusCause[] | undefined) ?? [];
  const { status } = response;
  return [{ title, served, namespace, bytes, mediaType, status, causes, spec: status === 201 ? recorded?.spec : undefined }];
}

/** Causes that a CEL compiler finds, or allocation: not of this folder. */
const ELSEWHERE = new Set([
  "validation/deviceclass.json 0",
  "validation/mutatingadmissionpolicy.json 0",
  "validation/mutatingadmissionpolicy.json 2",
  "validation/mutatingadmissionpolicy.json 5",
  "validation/validatingadmissionpolicy.json 0",
  "validation/validatingadmissionpolicy.json 1",
  "validation/validatingadmissionpolicy.json 2",
  "validation/validatingadmissionpolicy.json 10",
  "zero-values/crd-preserve-false-invalid-json.json 0",
]);

/** Kinds whose specification admission plugins or allocation complete. */
const COMPLETED_LATER = new Set(["Pod", "Service", "Node", "PersistentVolumeClaim", "CertificateSigningRequest"]);

const creates = AREAS.flatMap((area) =>
  readdirSync(join(GOLDEN, area)).flatMap((file) => {
    const { steps } = JSON.parse(readFileSync(join(GOLDEN, area, file), "utf8")) as { steps: Step[] };
    return steps.flatMap((step, index) => createOf(step, `${area}/${file} ${index}`));
  }),
).filter(({ title, status }) => !ELSEWHERE.has(title) && (status === 201 || status === 422));

interface Allocated {
  type?: string;
  clusterIP?: string;
  clusterIPs?: string[];
  externalTrafficPolicy?: string;
  healthCheckNodePort?: number;
}

/** What the server would give to a Service. */
function allocate(spec: Allocated): void {
  if (spec.clusterIP) spec.clusterIPs ??= [spec.clusterIP];
  if (spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local") spec.healthCheckNodePort ??= 30_000;
}

/** As the write chain does it, without admission and allocation. */
function outcome({ served, namespace, bytes, mediaType }: Create): { object: KubernetesObject; causes: StatusCause[] } {
  const { row } = served;
  const { object } = decode({ ...served, bytes, mediaType, fieldValidation: "Ignore" });
  const { metadata } = object;
  if (row.namespaced) metadata.namespace ??= namespace;
  if (!metadata.name && metadata.generateName) metadata.name = `${metadata.generateName}abcde`;
  metadata.uid = "00000000-0000-0000-0000-000000000000";
  metadata.creationTimestamp = "2026-01-01T00:00:00Z";
  if (row.kind === "Service") allocate((object as unknown as { spec: Allocated }).spec);
  row.strategy.prepareForCreate?.(object);
  const causes: StatusCause[] = [];
  validateMetadata(row, object, report(causes));
  row.strategy.validate?.(object, undefined, report(causes), served.face);
  return { object, causes };
}

const placesOf = (causes: readonly StatusCause[]): string[] =>
  [...new Set(causes.map(({ field, reason }) => `${field ?? ""} ${reason ?? ""}`))].map(filled).sort();

/** A recorded text with a token in it stands for any text. */
function matches(recorded: unknown, actual: unknown): boolean {
  if (typeof recorded === "string" && /\{\w+\}/.test(recorded)) return typeof actual === "string";
  if (typeof recorded !== "object" || recorded === null) return recorded === actual;
  if (typeof actual !== "object" || actual === null) return false;
  const [a, b] = [recorded as Record<string, unknown>, actual as Record<string, unknown>];
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...fields].every((field) => matches(a[field], b[field]));
}

beforeAll(prepareYaml);

describe("creates that upstream answered", () => {
  test("are many", () => expect(creates.length).toBeGreaterThan(500));

  for (const area of AREAS) {
    test(`have the same field errors: ${area}`, () => {
      const wrong = creates
        .filter(({ title }) => title.startsWith(area))
        .flatMap((create): object[] => {
          try {
            const [expected, actual] = [placesOf(create.causes), placesOf(outcome(create).causes)];
            return expected.join() === actual.join() ? [] : [{ title: create.title, expected, actual }];
          } catch (error) {
            return [{ title: create.title, error: isApiError(error) ? error.message : String(error) }];
          }
        });
      expect(wrong).toEqual([]);
    });
  }

  test("have the same defaults in their specification", () => {
    const wrong = creates
      .filter(({ spec, served }) => spec !== undefined && !COMPLETED_LATER.has(served.row.kind))
      .flatMap((create) => {
        const { face } = create.served;
        const { object } = outcome(create);
        const shown = JSON.parse(JSON.stringify(face.toFace?.(object) ?? object)) as Recorded;
        return matches(JSON.parse(filled(JSON.stringify(create.spec))), shown.spec) ? [] : [create.title];
      });
    expect(wrong).toEqual([]);
  });
});
