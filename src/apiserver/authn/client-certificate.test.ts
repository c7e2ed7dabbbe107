import { expect, test } from "vitest";
import type { HttpRequest } from "../../base/http.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { certificateSubject } from "./certificate-subject.ts";
import { clientCertificateAuthenticator } from "./client-certificate.ts";

/** CN=jane, O=devs and O=ops, valid until 2049-12-31: the certificate's body only, since nothing here looks at the signature. */
function certificate(): Uint8Array {
  const tagged = (tag: number, ...content: (number[] | Uint8Array)[]): number[] => {
    const bytes = content.flatMap((part) => [...part]);
    return [tag, ...(bytes.length < 128 ? [bytes.length] : [0x81, bytes.length]), ...bytes];
  };
  const text = (value: string): number[] => tagged(0x0c, new TextEncoder().encode(value));
  const name = (id: number, value: string): number[] => tagged(0x31, tagged(0x30, tagged(0x06, [0x55, 4, id]), text(value)));
  const time = (value: string): number[] => tagged(0x17, new TextEncoder().encode(value));
  const body = tagged(
    0x30,
    tagged(0xa0, tagged(0x02, [2])),
    tagged(0x02, [1]),
    tagged(0x30),
    tagged(0x30, name(3, "issuer")),
    tagged(0x30, time("260101000000Z"), time("491231000000Z")),
    tagged(0x30, name(10, "devs"), name(10, "ops"), name(3, "jane")),
  );
  return Uint8Array.from(tagged(0x30, body));
}

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
