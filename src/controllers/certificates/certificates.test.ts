import { describe, expect, test } from "vitest";
import { CertificateSigningRequest } from "../../api/certificates/certificate-signing-request.ts";
import { formatTime } from "../../api/time.ts";
import type { RequestedSubject } from "../../base/certificate-subject.ts";
import { controllerBench } from "../testing/bench.ts";
import { certificateCleaningController } from "./cleaning.ts";
import { certificateSigningController } from "./signing.ts";

const NODE: RequestedSubject = {
  commonName: "system:node:n1",
  organizations: ["system:nodes"],
  dnsNames: [],
  addresses: [],
  emailAddresses: [],
  uris: [],
};
const HOUR_MS = 3_600_000;

interface Case {
  signer: string;
  subject?: Partial<RequestedSubject>;
  usages: readonly string[];
  expirationSeconds?: number;
}

/** What becomes of an approved request: how long its certificate lives in seconds, or why it was refused. */
async function answer({ signer, subject = {}, usages, expirationSeconds }: Case): Promise<number | string | undefined> {
  let lifeSeconds: number | undefined;
  const controller = certificateSigningController({
    read: async () => ({ ...NODE, ...subject }),
    sign: async (_request, { lifeMs }) => {
      lifeSeconds = lifeMs / 1_000;
      return "certificate";
    },
  });
  await using bench = await controllerBench({ controllers: [controller] });
  bench.client.seed(CertificateSigningRequest, {
    metadata: { name: "r" },
    spec: {
      request: "",
      signerName: `kubernetes.io/${signer}`,
      usages: [...usages],
      ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
    },
    status: { conditions: [{ type: "Approved", status: "True" }] },
  });
  await bench.clock.settle();
  const [request] = bench.client.all<CertificateSigningRequest>(CertificateSigningRequest);
  return request?.status.conditions?.find(({ type }) => type === "Failed")?.message ?? lifeSeconds;
}

const CLIENT = ["client auth", "digital signature"];
const SERVER = ["server auth", "digital signature", "key encipherment"];
const NAMED = { dnsNames: ["n1"] };
const YEAR = 365 * 24 * 3_600;

describe("the signer", () => {
  test.each<[Case, number | string]>([
    [{ signer: "kube-apiserver-client", usages: CLIENT }, YEAR],
    [{ signer: "kube-apiserver-client", usages: CLIENT, expirationSeconds: 3_600 }, 3_600],
    [{ signer: "kube-apiserver-client", usages: CLIENT, expirationSeconds: 60 }, 600],
    [{ signer: "kube-apiserver-client", usages: CLIENT, expirationSeconds: 2 * YEAR }, YEAR],
    [{ signer: "kube-apiserver-client", usages: SERVER }, "invalid usage for client certificate: server auth"],
    [
      { signer: "kube-apiserver-client", usages: ["digital signature"] },
      "missing required usage for client certificate: client auth",
    ],
    [{ signer: "kube-apiserver-client-kubelet", usages: CLIENT }, YEAR],
    [{ signer: "kube-apiserver-client-kubelet", usages: CLIENT, subject: NAMED }, "DNS subjectAltNames are not allowed"],
    [
      { signer: "kube-apiserver-client-kubelet", usages: CLIENT, subject: { uris: ["a:b"] } },
      "URI subjectAltNames are not allowed",
    ],
    [
      { signer: "kube-apiserver-client-kubelet", usages: CLIENT, subject: { organizations: ["devs"] } },
      "subject organization is not system:nodes",
    ],
    [
      { signer: "kube-apiserver-client-kubelet", usages: SERVER },
      "usages did not match [client auth digital signature key encipherment]",
    ],
    [{ signer: "kubelet-serving", usages: SERVER, subject: NAMED }, YEAR],
    [{ signer: "kubelet-serving", usages: SERVER }, "DNS or IP subjectAltName is required"],
    [
      { signer: "kubelet-serving", usages: SERVER, subject: { ...NAMED, commonName: "n1" } },
      "subject common name does not begin with system:node:",
    ],
    [{ signer: "legacy-unknown", usages: ["any"], subject: { commonName: "x" } }, YEAR],
  ])("answers %j with %j", async (request, expected) => {
    expect(await answer(request)).toBe(expected);
  });
});

test.each([
  ["signed", [{ type: "Approved" }], "certificate", 1],
  ["approved and not signed", [{ type: "Approved" }], undefined, 24],
  ["denied", [{ type: "Denied" }], undefined, 1],
  ["failed", [{ type: "Approved" }, { type: "Failed" }], undefined, 1],
  ["unanswered", [], undefined, 24],
])("a request that is %s is deleted in time", async (_state, conditions, certificate, hours) => {
  await using bench = await controllerBench({ controllers: [certificateCleaningController] });
  const now = formatTime(bench.clock.now());
  bench.client.seed(CertificateSigningRequest, {
    metadata: { name: "r", creationTimestamp: now },
    spec: { request: "", signerName: "a.b/c" },
    status: {
      ...(certificate === undefined ? {} : { certificate }),
      ...(conditions.length === 0
        ? {}
        : { conditions: conditions.map((each) => ({ ...each, status: "True", lastUpdateTime: now })) }),
    },
  });
  const left = (): number => bench.client.all(CertificateSigningRequest).length;
  await bench.clock.advance(hours * HOUR_MS - 5_000);
  expect(left()).toBe(1);
  await bench.clock.advance(10_000);
  expect(left()).toBe(0);
});
