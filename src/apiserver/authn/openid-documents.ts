/**
 * The two documents with which others can verify ServiceAccount tokens.
 * https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
 */
import type { TokenKey } from "./token-key.ts";

export const OPENID_CONFIGURATION_PATH = "/.well-known/openid-configuration";
export const JWKS_PATH = "/openid/v1/jwks";
export const JWKS_MEDIA_TYPE = "application/jwk-set+json";

export const openIdConfiguration = (issuer: string, jwksUri: string, key: TokenKey): object => ({
  issuer,
  jwks_uri: jwksUri,
  response_types_supported: ["id_token"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: [key.algorithm],
});

export const keySet = (key: TokenKey): object => ({ keys: key.publicKey === undefined ? [] : [key.publicKey] });
