import { describe, expect, test } from "vitest";
import { SubjectAccessReview } from "../../../api/authorization/subject-access-review.ts";
import { decodeUtf8, EMPTY } from "../../../base/bytes.ts";
import type { HttpRequest } from "../../../base/http.ts";
import { silentLogger } from "../../../base/logger.ts";
import { certificateFor } from "../../../base/testing/certificate.ts";
import { virtualClock } from "../../../base/virtual-clock.ts";
import type { Client } from "../../../client/client.ts";
import { TOKEN_KEEP_MS } from "./authentication.ts";
import { ALLOWED_KEEP_MS, REFUSED_KEEP_MS } from "./authorization.ts";
import { guardNodeApi } from "./guard.ts";

interface Review {
  spec: {
    token?: string;
    user?: string;
    groups?: string[];
    resourceAttributes?: { verb: string; subresource: string; name: string };
  };
}

/** An API server that knows one token, and lets users do what `rules` lists as `user verb subresource`. */
function setUp(...rules: string[]) {
  const clock = virtualClock({ startMs: Date.parse("2026-01-01T00:00:00Z") });
  const state = { rules: new Set(rules), asked: [] as string[], groups: [] as string[], broken: false };
  const create = async (of: unknown, { spec }: Review) => {
    if (state.broken) throw new Error("no server");
    if (of === SubjectAccessReview) {
      const { verb = "", subresource = "", name = "" } = spec.resourceAttributes ?? {};
      const about = `${spec.user} ${verb} ${subresource}`;
      state.asked.push(`${about} ${name}`);
      state.groups = spec.groups ?? [];
      return { status: { allowed: state.rules.has(about) } };
    }
    state.asked.push(`token ${spec.token}`);
    if (spec.token === "unclear") return { status: { error: "not now" } };
    const known = spec.token === "good";
    return { status: known ? { authenticated: true, user: { username: "ann", groups: ["g"] } } : { authenticated: false } };
  };
  const guarded = guardNodeApi({
    handler: async () => ({ status: 200, headers: {}, body: EMPTY }),
    client: { create } as unknown as Client,
    clock,
    nodeName: "n1",
    logger: silentLogger,
  });
  async function call(path: string, more: Partial<HttpRequest> = {}): Promise<string> {
    const request = { method: "GET", path, query: "", headers: {}, remoteAddress: "", ...more };
    const signal = new AbortController().signal;
    const { status, body } = await guarded({ ...request, signal, body: () => Promise.resolve(EMPTY) });
    return `${status} ${decodeUtf8(body as Uint8Array)}`.trim();
  }
  const token = (value: string) => ({ headers: { authorization: `Bearer ${value}` } });
  return { clock, state, call, token };
}

describe("who calls a node", () => {
  test("anonymous callers and unknown tokens are refused with 401", async () => {
    const { call, token, state } = setUp();
    expect([await call("/pods"), await call("/healthz", token("bad"))]).toEqual(["401 Unauthorized", "401 Unauthorized"]);
    expect(state.asked).toEqual(["token bad"]);
  });

  test("a client certificate names user and groups without asking the server for a token", async () => {
    const { call, state } = setUp("bob get proxy");
    const peerCertificate = certificateFor("bob", ["team"]);
    expect(await call("/exec/default/p/c", { peerCertificate })).toBe("200");
    expect(state.asked).toEqual(["bob get proxy n1"]);
    expect(state.groups).toEqual(["team", "system:authenticated"]);
  });

  test("a token's owner is remembered for a while, and asked for again where the server could not tell", async () => {
    const { call, token, state, clock } = setUp("ann get stats");
    const tokens = () => state.asked.filter((each) => each.startsWith("token"));
    for (let calls = 0; calls < 2; calls++) expect(await call("/stats/summary", token("good"))).toBe("200");
    expect(tokens()).toEqual(["token good"]);
    await clock.advance(TOKEN_KEEP_MS);
    await call("/stats/summary", token("good"));
    expect(tokens()).toHaveLength(2);
    for (let calls = 0; calls < 2; calls++) expect(await call("/pods", token("unclear"))).toBe("401 Unauthorized");
    expect(tokens()).toHaveLength(4);
  });

  test("without a server to ask nobody is let in, and the reason differs", async () => {
    const { call, token, state } = setUp("ann get stats");
    state.broken = true;
    expect(await call("/stats/summary", token("good"))).toBe("401 Unauthorized");
    const peerCertificate = certificateFor("bob", []);
    expect(await call("/stats/summary", { peerCertificate })).toBe(
      "500 Authorization error (user=bob, verb=get, resource=nodes, subresource=stats)",
    );
    state.broken = false;
    expect(await call("/stats/summary", token("good"))).toBe("200");
  });
});

describe("what a caller of a node may do", () => {
  test("is asked for by path and method, the finest subresource first", async () => {
    const { call, token, state, clock } = setUp();
    const asked = async (path: string, method = "GET") => {
      await clock.advance(REFUSED_KEEP_MS);
      state.asked.length = 0;
      await call(path, { ...token("good"), method });
      return state.asked.filter((each) => each.startsWith("ann")).map((each) => each.split(" ").slice(1, 3).join(" "));
    };
    expect(await asked("/stats/summary")).toEqual(["get stats"]);
    expect(await asked("/metrics/cadvisor")).toEqual(["get metrics"]);
    expect(await asked("/logs/x")).toEqual(["get log"]);
    expect(await asked("/pods")).toEqual(["get pods", "get proxy"]);
    expect(await asked("/healthz/ping")).toEqual(["get healthz", "get proxy"]);
    expect(await asked("/configz")).toEqual(["get configz", "get proxy"]);
    expect(await asked("/exec/a/b/c", "POST")).toEqual(["create proxy"]);
    expect(await asked("/statsx")).toEqual(["get proxy"]);
    expect(await asked("/run/a/b/c", "PUT")).toEqual(["update proxy"]);
  });

  test("is refused in upstream's words", async () => {
    const { call, token } = setUp();
    expect(await call("/pods", token("good"))).toBe(
      "403 Forbidden (user=ann, verb=get, resource=nodes, subresource(s)=[pods proxy])",
    );
    expect(await call("/stats/summary", token("good"))).toBe(
      "403 Forbidden (user=ann, verb=get, resource=nodes, subresource(s)=[stats])",
    );
  });

  test("falls back from a fine subresource to proxy", async () => {
    const { call, token } = setUp("ann get proxy");
    expect([await call("/pods", token("good")), await call("/stats/summary", token("good"))]).toEqual([
      "200",
      "403 Forbidden (user=ann, verb=get, resource=nodes, subresource(s)=[stats])",
    ]);
  });

  test("is kept longer where it was allowed than where it was refused", async () => {
    const { call, token, state, clock } = setUp("ann get metrics");
    await call("/metrics", token("good"));
    await call("/stats/summary", token("good"));
    state.rules = new Set(["ann get stats"]);
    await clock.advance(REFUSED_KEEP_MS);
    expect([await call("/metrics", token("good")), await call("/stats/summary", token("good"))]).toEqual(["200", "200"]);
    await clock.advance(ALLOWED_KEEP_MS);
    expect(await call("/metrics", token("good"))).toContain("403 ");
  });

  test("goes by the path as it is routed, however it is spelled", async () => {
    const { call, token, state } = setUp();
    await call("/%73tats/summary", token("good"));
    await call("/stats%2Fsummary", token("good"));
    expect(state.asked.slice(1)).toEqual(["ann get stats n1", "ann get proxy n1"]);
    expect(await call("/%zz", token("good"))).toBe("400 400 Bad Request");
  });
});
