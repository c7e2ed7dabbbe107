import { expect, test } from "vitest";
import type { Authorizer } from "../../src/apiserver/authz/authorizer.ts";
import { testServer } from "../../src/apiserver/testing/in-process.ts";

const REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

/** Allows everything but acting as those named here. */
const allowBut =
  (...refused: readonly string[]): Authorizer =>
  ({ verb, resource, name }) => {
    const allowed = verb !== "impersonate" || !refused.includes(`${resource}/${name}`);
    return { allowed, denied: !allowed, reason: "" };
  };

/** Who a request acted as: in-process authenticators and one review that tells of its user. */
async function actingAs(headers: Record<string, string>, authorizer: Authorizer = allowBut()) {
  const { request } = await testServer({
    authorizers: [authorizer],
    virtualResources: [
      {
        group: "authentication.k8s.io",
        resource: "selfsubjectreviews",
        subresource: "",
        create: ({ user }) => ({
          kind: "SelfSubjectReview",
          apiVersion: "authentication.k8s.io/v1",
          metadata: {},
          status: { userInfo: user },
        }),
      },
    ],
  });
  return request("POST", REVIEW, {}, headers);
}

test("a request acts as the user, groups and extra that it asks for", async () => {
  const { json } = await actingAs({
    "impersonate-user": "jane",
    "impersonate-group": "dev, ops",
    "impersonate-extra-team": "blue",
  });
  expect(json.status.userInfo).toEqual({
    name: "jane",
    groups: ["dev", "ops", "system:authenticated"],
    extra: { team: ["blue"] },
  });
});

test("a ServiceAccount comes with its groups", async () => {
  const { json } = await actingAs({ "impersonate-user": "system:serviceaccount:ns:sa" });
  expect(json.status.userInfo.groups).toEqual(["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"]);
});

test("each part of the identity has to be allowed", async () => {
  expect((await actingAs({ "impersonate-user": "jane" }, allowBut("users/jane"))).status).toBe(403);
  const group = await actingAs({ "impersonate-user": "jane", "impersonate-group": "ops" }, allowBut("groups/ops"));
  expect(group.status).toBe(403);
  expect(group.json.message).toContain('cannot impersonate resource "groups"');
  expect((await actingAs({ "impersonate-user": "system:serviceaccount:ns:sa" }, allowBut("serviceaccounts/sa"))).status).toBe(
    403,
  );
});

test("groups without a user are refused", async () => {
  expect((await actingAs({ "impersonate-group": "ops" })).status).toBe(500);
});
