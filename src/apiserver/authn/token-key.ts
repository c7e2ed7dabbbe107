/**
 * Keys that sign ServiceAccount tokens. A cluster has an RSA key (RS256, what clients expect to find in the published key set); a
 * deterministic simulation has a shared secret instead, since platform cryptography is asynchronous there and random.
 * RFC 7515, RFC 7517, RFC 7518
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { decodeBase64, encodeBase64Url, equalBytes } from "../../base/bytes.ts";

export interface TokenKey {
  readonly id: string;
  readonly algorithm: "RS256" | "HS256";
  /** What may be published; undefined for a shared secret. */
  readonly publicKey: PublicJwk | undefined;
  sign(data: Uint8Array): Promise<Uint8Array> | Uint8Array;
  verify(data: Uint8Array, signature: Uint8Array): Promise<boolean> | boolean;
}

export interface PublicJwk {
  use: "sig";
  kty: "RSA";
  kid: string;
  alg: "RS256";
  n: string;
  e: string;
}

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;

/** The platform's types ask for bytes that are not shared between threads; ours never are. */
const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

/** `pem`: an RSA private key as PKCS #8. */
export async function rsaTokenKey(pem: string): Promise<TokenKey> {
  const der = decodeBase64(pem.replace(/-----[^-]+-----|\s/g, ""));
  const privateKey = await crypto.subtle.importKey("pkcs8", owned(der), RSA, true, ["sign"]);
  const { n = "", e = "" } = await crypto.subtle.exportKey("jwk", privateKey);
  const publicKey = await crypto.subtle.importKey("jwk", { kty: "RSA", n, e, alg: "RS256" }, RSA, true, ["verify"]);
  const id = encodeBase64Url(sha256(new Uint8Array(await crypto.subtle.exportKey("spki", publicKey))));
  return {
    id,
    algorithm: "RS256",
    publicKey: { use: "sig", kty: "RSA", kid: id, alg: "RS256", n, e },
    sign: async (data) => new Uint8Array(await crypto.subtle.sign(RSA.name, privateKey, owned(data))),
    verify: (data, signature) => crypto.subtle.verify(RSA.name, publicKey, owned(signature), owned(data)),
  };
}

export function sharedTokenKey(secret: Uint8Array): TokenKey {
  const sign = (data: Uint8Array): Uint8Array => hmac(sha256, secret, data);
  return {
    id: encodeBase64Url(sha256(secret)),
    algorithm: "HS256",
    publicKey: undefined,
    sign,
    verify: (data, signature) => equalBytes(sign(data), signature),
  };
}
