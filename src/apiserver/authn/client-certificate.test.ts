import { expect, test } from "vitest";
import { certificateSubject } from "../../base/certificate-subject.ts";
import type { HttpRequest } from "../../base/http.ts";
import { certificateFor } from "../../base/testing/certificate.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { clientCertificateAuthenticator } from "./client-certificate.ts";

/** CN=jane, O=devs and O=ops, valid until 2049-12-31. */
const certificate = (): Uint8Array => certificateFor("jane", ["devs", "ops"]);

const request = (more: object): HttpRequest => ({ headers: {}, ...more }) as unknown as HttpRequest;

test("reads name, groups and the end of life", () => {
  expect(certificateSubject(certificate())).toEqual({
    commonName: "jane",
    organizations: ["devs", "ops"],
    notAfter: Date.UTC(2049, 11, 31),
  });
  expect(() => certificateSubject(certificate().subarray(0, 40))).toThrow(RangeError);
});

test("takes the common name as user and the organizations as groups", async () => {
  const authenticate = clientCertificateAuthenticator(virtualClock());
  expect(authenticate(request({ peerCertificate: certificate() }))).toMatchObject({
    user: { name: "jane", groups: ["devs", "ops"] },
  });
  expect(authenticate(request({}))).toBeUndefined();
});

test("refuses what has expired since the connection began, and what TLS did not verify", () => {
  const late = clientCertificateAuthenticator(virtualClock({ startMs: Date.UTC(2050, 0, 1) }));
  expect(() => late(request({ peerCertificate: certificate() }))).toThrow("Unauthorized");
  const authenticate = clientCertificateAuthenticator(virtualClock());
  expect(() => authenticate(request({ peerCertificateError: "unknown" }))).toThrow("Unauthorized");
  expect(authenticate(request({ peerCertificateError: "unknown", headers: { authorization: "Bearer x" } }))).toBeUndefined();
});
