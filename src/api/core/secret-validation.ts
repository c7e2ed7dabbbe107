/**
 * Field errors of a Secret: each built-in type has keys that must be there.
 * https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
 */
import { decodeBase64, decodeUtf8 } from "../../base/bytes.ts";
import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Secret } from "../generated/core-v1.ts";
import { immutable } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { MAX_DATA_BYTES, validateDataKeys } from "./data-keys.ts";

type Data = Readonly<Record<string, string>>;

const ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name";
const BASIC_AUTH = ["username", "password"] as const;

/** The JSON that a key holds. */
function validateJson(data: Data, key: string, report: Report): void {
  const here = report.at("data", { key });
  const encoded = data[key];
  if (encoded === undefined) return here.required();
  try {
    JSON.parse(decodeUtf8(decodeBase64(encoded)));
  } catch (error) {
    here.invalid("<secret contents redacted>", (error as Error).message);
  }
}

function validateType({ type, metadata }: DeepReadonly<Secret>, data: Data, report: Report): void {
  const need = (key: string): void => {
    if (data[key] === undefined) report.at("data", { key }).required();
  };
  switch (type) {
    case "kubernetes.io/service-account-token":
      if (!metadata.annotations?.[ACCOUNT_ANNOTATION])
        report.at("metadata", "annotations", { key: ACCOUNT_ANNOTATION }).required();
      return;
    case "kubernetes.io/dockercfg":
      return validateJson(data, ".dockercfg", report);
    case "kubernetes.io/dockerconfigjson":
      return validateJson(data, ".dockerconfigjson", report);
    case "kubernetes.io/basic-auth":
      // One of the two is enough.
      if (BASIC_AUTH.every((key) => data[key] === undefined)) BASIC_AUTH.forEach(need);
      return;
    case "kubernetes.io/ssh-auth":
      if (!data["ssh-privatekey"]) need("ssh-privatekey");
      return;
    case "kubernetes.io/tls":
      need("tls.crt");
      need("tls.key");
      return;
    default:
  }
}

const sizeOf = (base64: string): number => Math.floor((base64.replace(/=+$/, "").length * 3) / 4);

export function validateSecret(secret: DeepReadonly<Secret>, previous: DeepReadonly<Secret> | undefined, report: Report): void {
  const { data = {} } = secret;
  if (previous) {
    immutable(secret.type, previous.type, report.at("type"));
    validateImmutable(secret, previous, report);
  }
  validateDataKeys(data, report.at("data"));
  const size = Object.values(data).reduce((sum, value) => sum + sizeOf(value), 0);
  if (size > MAX_DATA_BYTES) report.at("data").tooLong(MAX_DATA_BYTES);
  validateType(secret, data, report);
}

function validateImmutable(secret: DeepReadonly<Secret>, previous: DeepReadonly<Secret>, report: Report): void {
  if (previous.immutable !== true) return;
  const kept = "field is immutable when `immutable` is set";
  if (secret.immutable !== true) report.at("immutable").forbidden(kept);
  if (!deepEqual(secret.data ?? {}, previous.data ?? {})) report.at("data").forbidden(kept);
}

/** A key pair that is no key pair is taken, with a word about it. */
export function secretWarnings({ type, data }: DeepReadonly<Secret>): string[] {
  if (type !== "kubernetes.io/tls") return [];
  const isPem = (key: string): boolean => decodeUtf8(decodeBase64(data?.[key] ?? "")).includes("-----BEGIN ");
  return isPem("tls.crt") && isPem("tls.key") ? [] : ["tls: failed to find any PEM data in certificate input"];
}
