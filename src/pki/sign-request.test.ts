import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { seededEntropy } from "../base/entropy.ts";
import { makeIdentity } from "./certificate.ts";
import { readRequest, signRequest } from "./sign-request.ts";

/** Made by `openssl req -new`: O=devs, CN=ann, DNS:a.b, IP:1.2.3.4. */
const REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIH/MIGmAgEAMB0xDTALBgNVBAoMBGRldnMxDDAKBgNVBAMMA2FubjBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABKL1KBUn+J4+7ihxfyirpD4lnA5hiYeBW49lUo7S
8nE5rkztrISqvNmNL9ZxHnvxdZWIGiDG7vny+HTBHmX/9b6gJzAlBgkqhkiG9w0B
CQ4xGDAWMBQGA1UdEQQNMAuCA2EuYocEAQIDBDAKBggqhkjOPQQDAgNIADBFAiAG
+qwiFMN1IkflxOsu8f7mYZszAL0Qz4VychTxRYpr+QIhANurbL7iGOPiLBuvES/D
QIQZBEbDdz/sj7d9GfB/s0Hk
-----END CERTIFICATE REQUEST-----`;

const entropy = seededEntropy(1);
const HOUR_MS = 3_600_000;
const nowMs = Date.parse("2026-01-01T00:00:00Z");
const issuer = makeIdentity({
  commonName: "kubernetes",
  usage: { type: "authority" },
  notBefore: nowMs,
  notAfter: nowMs + 24 * HOUR_MS,
  entropy,
});
const sign = (pem: string): string =>
  signRequest(pem, { usages: ["client auth"], notBefore: nowMs, notAfter: nowMs + HOUR_MS, issuer, entropy });

describe("requests for certificates", () => {
  test("say whom they are for", () => {
    expect(readRequest(REQUEST)).toEqual({
      commonName: "ann",
      organizations: ["devs"],
      dnsNames: ["a.b"],
      addresses: ["1.2.3.4"],
      emailAddresses: [],
      uris: [],
    });
  });

  test("become certificates with their names, their key and the usages asked for", () => {
    const certificate = new X509Certificate(sign(REQUEST));
    expect(certificate.subject).toBe("O=devs\nCN=ann");
    expect(certificate.subjectAltName).toBe("DNS:a.b, IP Address:1.2.3.4");
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(new X509Certificate(issuer.certificate).publicKey)).toBe(true);
  });

  test("are refused where another key signed them, or nothing can be read", () => {
    const bytes = Buffer.from(REQUEST.replace(/-----[^-]+-----|\s/g, ""), "base64");
    const { publicKey } = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "der" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    bytes.set(publicKey, bytes.indexOf(publicKey.subarray(0, 27)));
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(() => sign(forged)).toThrow("not signed by its own key");
    expect(() => readRequest("nonsense")).toThrow("PEM block type must be CERTIFICATE REQUEST");
  });
});
