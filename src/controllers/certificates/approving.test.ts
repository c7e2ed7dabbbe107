import { describe, expect, test } from "vitest";
import { SubjectAccessReview } from "../../api/authorization/subject-access-review.ts";
import { CertificateSigningRequest } from "../../api/certificates/certificate-signing-request.ts";
import { encodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import { controllerBench } from "../testing/bench.ts";
import { certificateApprovingController } from "./approving.ts";

const NODE = { commonName: "system:node:n1", organizations: ["system:nodes"] };

/** Whoever has the right of a subresource may ask for a certificate; the subject stands in the request as JSON. */
async function bench(rights: Set<string>) {
  const signer = {
    read: async (text: string) => ({ dnsNames: [], addresses: [], emailAddresses: [], uris: [], ...JSON.parse(text) }),
  };
  const made = await controllerBench({ controllers: [certificateApprovingController(signer)] });
  const { create } = made.client;
  made.client.create = (async (of: unknown, object: { spec: { resourceAttributes: { subresource: string } } }) =>
    of === SubjectAccessReview
      ? { status: { allowed: rights.has(object.spec.resourceAttributes.subresource) } }
      : create(of as never, object as never)) as typeof create;
  return {
    bench: made,
    async ask(name: string, spec: object, subject: object = NODE) {
      const usages = ["client auth", "digital signature", "key encipherment"];
      const request = encodeBase64(encodeUtf8(JSON.stringify(subject)));
      const signerName = "kubernetes.io/kube-apiserver-client-kubelet";
      const whole = { signerName, username: "bootstrap", usages, request, ...spec };
      made.client.seed(CertificateSigningRequest, { metadata: { name }, spec: whole, status: {} });
      await made.clock.settle();
    },
    answers: (name: string) =>
      made.client
        .all<CertificateSigningRequest>(CertificateSigningRequest)
        .find(({ metadata }) => metadata.name === name)
        ?.status.conditions?.map(({ type, reason, message }) => `${type} ${reason} ${message}`) ?? [],
  };
}

const OTHER = "Approved AutoApproved Auto approving kubelet client certificate after SubjectAccessReview.";
const SELF = "Approved AutoApproved Auto approving self kubelet client certificate after SubjectAccessReview.";

describe("a kubelet's request for a client certificate", () => {
  test("is approved where whoever asks may ask for any node's", async () => {
    const { bench: it, ask, answers } = await bench(new Set(["nodeclient"]));
    await using _ = it;
    await ask("a", {});
    expect(answers("a")).toEqual([OTHER]);
  });

  test("is approved where a node asks for its own, with the right for that alone", async () => {
    const { bench: it, ask, answers } = await bench(new Set(["selfnodeclient"]));
    await using _ = it;
    await ask("own", { username: "system:node:n1" });
    await ask("others", { username: "system:node:n2" });
    expect([answers("own"), answers("others")]).toEqual([[SELF], []]);
  });

  test("is approved later where the right is given later", async () => {
    const rights = new Set<string>();
    const { bench: it, ask, answers } = await bench(rights);
    await using _ = it;
    await ask("a", {});
    expect(answers("a")).toEqual([]);
    rights.add("nodeclient");
    await it.clock.advance(60_000);
    expect(answers("a")).toEqual([OTHER]);
  });

  test("is left alone where it is for something else, or was answered", async () => {
    const { bench: it, ask, answers } = await bench(new Set(["nodeclient", "selfnodeclient"]));
    await using _ = it;
    await ask("signer", { signerName: "kubernetes.io/kube-apiserver-client" });
    await ask("usages", { usages: ["server auth"] });
    await ask("group", {}, { ...NODE, organizations: ["system:masters"] });
    await ask("name", {}, { ...NODE, commonName: "admin" });
    await ask("host", {}, { ...NODE, dnsNames: ["n1"] });
    for (const name of ["signer", "usages", "group", "name", "host"]) expect(answers(name)).toEqual([]);
  });
});
