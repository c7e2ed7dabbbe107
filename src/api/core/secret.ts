/**
 * v1 Secret: small confidential data, as environment or files.
 * https://kubernetes.io/docs/concepts/configuration/secret/
 */
import { encodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { secretWarnings, validateSecret } from "./secret-validation.ts";

export type Secret = generated.Secret;

const strategy: Strategy<Secret> = {
  validate: validateSecret,
  warnings: secretWarnings,

  unconditionalUpdate: true,

  default(secret) {
    if (!secret.type) secret.type = "Opaque";
    // What was written as text is kept as bytes.
    for (const [key, text] of Object.entries(secret.stringData ?? {})) {
      secret.data ??= {};
      secret.data[key] = encodeBase64(encodeUtf8(text));
    }
    delete secret.stringData;
  },

  selectableFields: ({ type = "" }) => ({ type }),
  columns: (secret) => {
    const keys = Object.keys(secret.data ?? {}).length;
    return [secret.metadata.name, secret.type ?? "", keys, ageOf(secret)];
  },
};

export const Secret: Resource<Secret> = resource({ group: "", resource: "secrets" }, strategy);
