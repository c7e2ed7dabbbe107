import { describe, expect, test } from "vitest";
import { concatBytes, decodeUtf8, EMPTY, encodeUtf8 } from "../../base/bytes.ts";
import { seededEntropy } from "../../base/entropy.ts";
import type { HttpResponse, UpgradedConnection } from "../../base/http.ts";
import { type ByteSource, ended } from "../../streaming/byte-stream.ts";
import { openPortForward, PORT_FORWARD_HEADERS } from "../../streaming/port-forward/client.ts";
import { openRemoteCommand, REMOTE_COMMAND_HEADERS } from "../../streaming/remote-command/client.ts";
import { connectionPair } from "../../streaming/testing/connection-pair.ts";
import { dialWebSocket } from "../../streaming/websocket/handshake.ts";
import { type SimulatedNode, simulatedNode } from "../testing/simulated-node.ts";

async function answerTo(
  node: SimulatedNode,
  target: string,
  headers: Record<string, string> = {},
  method = "POST",
): Promise<HttpResponse> {
  const [path = "", query = ""] = target.split("?");
  const { signal } = new AbortController();
  const asked = { method, path, query, headers, remoteAddress: "", signal, body: () => Promise.resolve(EMPTY) };
  return node.kubelet.handler(asked);
}

async function said(node: SimulatedNode, target: string, headers?: Record<string, string>, method?: string): Promise<string> {
  const { status, body } = await answerTo(node, target, headers, method);
  return `${status} ${decodeUtf8(body as Uint8Array)}`;
}

async function upgraded(node: SimulatedNode, target: string, headers: Record<string, string>): Promise<UpgradedConnection> {
  const answer = await answerTo(node, target, headers);
  expect(answer.status).toBe(101);
  const [near, far] = connectionPair();
  answer.upgrade?.(far);
  return near;
}

const all = async (source: ByteSource | undefined): Promise<string> => {
  const parts: Uint8Array[] = [];
  source?.onData((bytes) => parts.push(bytes));
  await ended(source);
  return decodeUtf8(concatBytes(parts));
};

const ALL = { stdin: true, stdout: true, stderr: true, tty: false };
const EXEC = "/exec/default/web/main?input=1&output=1&error=1";
const commandOf = (...words: string[]): string => words.map((word) => `&command=${encodeURIComponent(word)}`).join("");

async function running(): Promise<SimulatedNode> {
  const node = await simulatedNode();
  node.run(
    "web",
    { restartPolicy: "Never", containers: [{ name: "main", stdin: true }, { name: "done" }] },
    {
      main: { listens: [80], runs: [{ log: "before\n" }] },
      done: { runs: [{ exitAfter: 1, exitCode: 0 }] },
    },
  );
  await node.until(() => node.pod("web")?.status.containerStatuses?.some(({ state }) => state.terminated) === true);
  return node;
}

describe("streams of a simulated node", () => {
  test("a command reads, writes and ends with its exit code", async () => {
    const node = await running();
    const command = commandOf("sh", "-c", "echo hello && cat; exit 3");
    const session = await openRemoteCommand(await upgraded(node, EXEC + command, { ...REMOTE_COMMAND_HEADERS }), ALL);
    const output = all(session.stdout);
    session.stdin?.write(encodeUtf8("typed"));
    session.stdin?.end();
    expect(await session.ended).toMatchObject({
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "3" }] },
      message:
        "command terminated with non-zero exit code: error executing command [sh -c echo hello && cat; exit 3], exit code 3",
    });
    expect(await output).toBe("hello\ntyped");
    await node.kubelet.stop();
  });

  test("a command ends with its container", async () => {
    const node = await running();
    const session = await openRemoteCommand(await upgraded(node, EXEC + commandOf("cat"), { ...REMOTE_COMMAND_HEADERS }), ALL);
    session.stdout?.onData(() => {});
    node.runtime.crash({ namespace: "default", name: "web" }, "main", 1);
    expect(await session.ended).toMatchObject({ details: { causes: [{ message: "137" }] } });
    await node.kubelet.stop();
  });

  test("attach shows what is written from now on, and what is typed comes back", async () => {
    const node = await running();
    const target = "/attach/default/web/main?input=1&output=1&error=1";
    const session = await openRemoteCommand(await upgraded(node, target, { ...REMOTE_COMMAND_HEADERS }), ALL);
    const output = all(session.stdout);
    session.stdin?.write(encodeUtf8("typed\n"));
    await node.clock.advance(1_000);
    node.runtime.crash({ namespace: "default", name: "web" }, "main", 0);
    expect(await session.ended).toEqual({ status: "Success" });
    expect(await output).toBe("typed\n");
    await node.kubelet.stop();
  });

  test("a port on which a container listens answers, and another refuses", async () => {
    const node = await running();
    const session = openPortForward(await upgraded(node, "/portForward/default/web", { ...PORT_FORWARD_HEADERS }));
    const { stream } = await session.connect(80);
    const heard = all(stream);
    stream.write(encodeUtf8("echo"));
    stream.end();
    expect(await heard).toBe("echo");
    const { failure } = await session.connect(81);
    expect(await failure).toMatch(
      /^error forwarding port 81 to pod \w+, uid : .*dial tcp4 127\.0\.0\.1:81: connect: connection refused/,
    );
    await node.kubelet.stop();
  });

  test("what cannot be is refused in upstream's words, and nothing runs", async () => {
    const node = await running();
    const calls = node.runtime.record();
    const headers = { ...REMOTE_COMMAND_HEADERS };
    const command = commandOf("true");
    expect(await said(node, "/exec/default/web/main?command=true", headers)).toBe(
      "400 you must specify at least 1 of stdin, stdout, stderr",
    );
    expect(await said(node, EXEC.replace("web", "none") + command, headers)).toBe("404 pod does not exist");
    expect(await said(node, EXEC.replace("main", "done") + command, headers)).toBe('500 container not found ("done")');
    expect(await said(node, EXEC.replace("main", "no-such-uid/main") + command, headers)).toBe(
      '500 container not found ("main")',
    );
    expect(await said(node, EXEC.replace("exec", "attach").replace("main", "done"), headers)).toBe(
      "500 container done not found in pod web_default",
    );
    expect(await said(node, EXEC + command, {})).toBe("500 Upgrade request required");
    expect(await said(node, EXEC + command, { ...headers, "x-stream-protocol-version": "v9" })).toContain(
      "403 unable to upgrade",
    );
    expect(await said(node, "/portForward/default/web/other", { ...PORT_FORWARD_HEADERS })).toBe("404 pod not found");
    const { headers: webSocket } = dialWebSocket({
      protocols: ["v4.channel.k8s.io"],
      clock: node.clock,
      entropy: seededEntropy(1),
    });
    const ports = (query: string) => said(node, `/portForward/default/web${query}`, { ...webSocket }, "GET");
    expect(await ports("")).toBe('400 query parameter "port" is required');
    expect(await ports("?port=")).toBe('400 query parameter "port" cannot be empty');
    expect(await ports("?port=0")).toBe('400 port "0" must be > 0');
    expect(await ports("?port=x")).toBe('400 unable to parse "x" as a port: strconv.ParseUint: parsing "x": invalid syntax');
    expect(calls).toEqual([]);
    await node.kubelet.stop();
  });

  test("run answers with the output of a command", async () => {
    const node = await running();
    expect(await said(node, "/run/default/web/main?cmd=echo%20hello")).toBe("200 hello\n");
    expect(await said(node, "/run/default/web/main?cmd=false")).toMatch(/^500 command 'false' exited with 1/);
    await node.kubelet.stop();
  });
});
