/**
 * The two documents with which others can verify ServiceAccount tokens.
 * https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
 */
import { notAcceptable } from "../../api/errors.ts";
import { encodeUtf8 } from "../../base/bytes.ts";
import type { HttpResponse } from "../../base/http.ts";
import type { Route } from "../verbs/index.ts";
import type { TokenKey } from "./token-key.ts";

const CONFIGURATION_PATH = "/.well-known/openid-configuration";
const KEYS_PATH = "/openid/v1/jwks";
const KEYS_TYPE = "application/jwk-set+json";
/** Verifiers may keep the documents this long. */
const CACHE_CONTROL = "public, max-age=3600";

export interface OpenIdOptions {
  issuer: string;
  jwksUri: string;
  key: Promise<TokenKey>;
}

const configuration = (issuer: string, jwksUri: string, key: TokenKey): object => ({
  issuer,
  jwks_uri: jwksUri,
  response_types_supported: ["id_token"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: [key.algorithm],
});

const keySet = ({ publicKey }: TokenKey): object => ({ keys: publicKey === undefined ? [] : [publicKey] });

const answer = (contentType: string, document: object): HttpResponse => ({
  status: 200,
  headers: { "content-type": contentType, "cache-control": CACHE_CONTROL },
  body: encodeUtf8(JSON.stringify(document)),
});

/** Whether an Accept header takes `type`; none takes everything. */
const takes = (accept: string | undefined, type: string): boolean =>
  accept === undefined ||
  accept.split(",").some((each) => ["*/*", "application/*", type].includes(each.split(";")[0]?.trim() ?? ""));

export const openIdRoute =
  ({ issuer, jwksUri, key }: OpenIdOptions): Route =>
  async ({ method, path, headers }) => {
    const plain = path.replace(/\/$/, "");
    if (method !== "GET" || (plain !== CONFIGURATION_PATH && plain !== KEYS_PATH)) return undefined;
    if (plain === CONFIGURATION_PATH) return answer("application/json", configuration(issuer, jwksUri, await key));
    if (!takes(headers.accept, KEYS_TYPE)) throw notAcceptable(`only the following media types are accepted: ${KEYS_TYPE}`);
    return answer(KEYS_TYPE, keySet(await key));
  };
