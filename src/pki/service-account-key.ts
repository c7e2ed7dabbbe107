/**
 * The key that signs ServiceAccount tokens: RSA-2048, since clients expect RS256. Making one takes 100–400 ms, so it happens in the
 * thread pool beside the rest of the start.
 * https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
 */
import { generateKeyPair } from "node:crypto";

/** PEM (PKCS #8) of a new key. */
export function makeServiceAccountKey(): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    } as const;
    generateKeyPair("rsa", options, (error, _public, key) => (error ? reject(error) : resolve(key)));
  });
}
