import { expect, test } from "vitest";
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import { encodeBase64, encodeBase64Url, encodeUtf8 } from "../../base/bytes.ts";
import { seededEntropy } from "../../base/entropy.ts";
import type { HttpRequest } from "../../base/http.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import type { AdmissionReader } from "../admission/plugin.ts";
import { type TokenRequest, tokenRequest } from "../reviews/token-request.ts";
import { bearerAuthenticator, tokenAuthenticator } from "./service-account.ts";
import { signLegacyToken } from "./service-account-token.ts";
import { sharedTokenKey } from "./token-key.ts";

const ISSUER = "https://kubernetes.default.svc";

function setUp() {
  const clock = virtualClock();
  const objects = new Map<string, KubernetesObject>();
  const put = (resource: string, name: string, uid: string, more: object = {}): void =>
    void objects.set(`${resource}/${name}`, { metadata: { name, namespace: "shop", uid }, ...more } as KubernetesObject);
  const get = (row: AnyResource, _namespace: string, name: string) => objects.get(`${row.resource}/${name}`);
  const reader: AdmissionReader = {
    get,
    list: () => [],
    identity(row, namespace, name) {
      const found = get(row, namespace, name);
      return found && { uid: found.metadata.uid, deleting: found.metadata.deletionTimestamp != null };
    },
  };
  const key = Promise.resolve(sharedTokenKey(encodeUtf8("secret")));
  const authenticate = tokenAuthenticator({ key, issuer: ISSUER, audiences: [ISSUER], clock, reader });
  const request = tokenRequest({ key, issuer: ISSUER, audiences: [ISSUER], clock, entropy: seededEntropy(1), reader });
  const ask = async (spec: TokenRequest["spec"], name = "web"): Promise<Required<TokenRequest>> =>
    (await request.create({
      object: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {}, spec } as unknown as KubernetesObject,
      user: { name: "admin", groups: [] },
      namespace: "shop",
      name,
      parent: objects.get(`serviceaccounts/${name}`),
      dryRun: false,
      warn: () => {},
    })) as Required<TokenRequest>;
  put("serviceaccounts", "web", "u1");
  return { clock, objects, put, key, authenticate, ask };
}

const hour = 3600 * 1000;

test("knows the account of a token that it made, until the token expires", async () => {
  const { ask, authenticate, clock } = setUp();
  const { status, spec } = await ask({});
  expect(spec).toEqual({ audiences: [ISSUER], boundObjectRef: null, expirationSeconds: 3600 });
  expect(await authenticate(status.token, [ISSUER])).toMatchObject({
    user: {
      name: "system:serviceaccount:shop:web",
      uid: "u1",
      groups: ["system:serviceaccounts", "system:serviceaccounts:shop"],
    },
    audiences: [ISSUER],
  });
  await clock.advance(hour + 61_000);
  expect(await authenticate(status.token, [ISSUER])).toBeUndefined();
});

test("refuses tokens of others, changed ones, and those for another audience", async () => {
  const { ask, authenticate } = setUp();
  const { token } = (await ask({ audiences: ["vault"] })).status;
  expect(await authenticate(token, [ISSUER])).toBeUndefined();
  expect((await authenticate(token, ["vault", "x"]))?.audiences).toEqual(["vault"]);
  const [header, , signature] = token.split(".");
  const forged = encodeBase64Url(encodeUtf8(JSON.stringify({ iss: ISSUER, aud: [ISSUER] })));
  expect(await authenticate(`${header}.${forged}.${signature}`, [ISSUER])).toBeUndefined();
  expect(await authenticate("bogus", [ISSUER])).toBeUndefined();
  const none = encodeBase64Url(encodeUtf8(JSON.stringify({ alg: "none" })));
  expect(await authenticate(`${none}.${forged}.${signature}`, [ISSUER])).toBeUndefined();
});

test("refuses a token when its account or bound Pod is gone or another with the same name", async () => {
  const { ask, authenticate, put, objects } = setUp();
  const pod = { spec: { serviceAccountName: "web", nodeName: "n1" } };
  put("pods", "p", "u2", pod);
  put("nodes", "n1", "u3");
  const { token } = (await ask({ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p" } })).status;
  expect((await authenticate(token, [ISSUER]))?.user.extra).toMatchObject({
    "authentication.kubernetes.io/pod-name": ["p"],
    "authentication.kubernetes.io/pod-uid": ["u2"],
    "authentication.kubernetes.io/node-name": ["n1"],
  });
  put("pods", "p", "other", pod);
  expect(await authenticate(token, [ISSUER])).toBeUndefined();
  put("pods", "p", "u2", pod);
  expect(await authenticate(token, [ISSUER])).toBeDefined();
  objects.delete("serviceaccounts/web");
  expect(await authenticate(token, [ISSUER])).toBeUndefined();
});

test("lets a Pod that ends talk for a minute", async () => {
  const { ask, authenticate, put, clock } = setUp();
  const spec = { serviceAccountName: "web" };
  put("pods", "p", "u2", { spec });
  const { token } = (await ask({ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p" } })).status;
  const deletionTimestamp = new Date(clock.now()).toISOString();
  put("pods", "p", "u2", { spec, metadata: { name: "p", namespace: "shop", uid: "u2", deletionTimestamp } });
  expect(await authenticate(token, [ISSUER])).toBeDefined();
  await clock.advance(61_000);
  expect(await authenticate(token, [ISSUER])).toBeUndefined();
});

test("refuses requests in upstream's words", async () => {
  const { ask, put } = setUp();
  put("pods", "p", "u2", { spec: { serviceAccountName: "other" } });
  await expect(ask({ expirationSeconds: 1 })).rejects.toThrow(
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
  );
  await expect(ask({ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "none" } })).rejects.toThrow('pods "none" not found');
  await expect(ask({ boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p" } })).rejects.toThrow(
    'cannot bind token for serviceaccount "web" to pod running with different serviceaccount name.',
  );
  await expect(ask({ boundObjectRef: { kind: "ConfigMap", apiVersion: "v1", name: "p" } })).rejects.toThrow(
    "cannot bind token to object of type /v1, Kind=ConfigMap",
  );
  await expect(ask({}, "ghost")).rejects.toThrow('serviceaccounts "ghost" not found');
});

test("knows the token of a Secret while the Secret holds it", async () => {
  const { authenticate, key, put } = setUp();
  const token = await signLegacyToken(await key, "shop", { name: "web", uid: "u1" }, "web-token");
  expect(await authenticate(token, [ISSUER])).toBeUndefined();
  put("secrets", "web-token", "u5", { data: { token: encodeBase64(encodeUtf8(token)) } });
  expect((await authenticate(token, [ISSUER]))?.user.name).toBe("system:serviceaccount:shop:web");
});

test("answers 401 to a bearer token that is not good, and nothing where there is none", async () => {
  const { authenticate } = setUp();
  const bearer = bearerAuthenticator(authenticate, [ISSUER]);
  const withHeader = (authorization?: string): HttpRequest =>
    ({ headers: authorization ? { authorization } : {} }) as unknown as HttpRequest;
  expect(await bearer(withHeader())).toBeUndefined();
  expect(await bearer(withHeader("Basic x"))).toBeUndefined();
  await expect(Promise.resolve(bearer(withHeader("Bearer bogus")))).rejects.toThrow("Unauthorized");
});
