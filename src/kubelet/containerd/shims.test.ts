import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { containerdLayout } from "./layout.ts";
import { deadSocketsIn } from "./shims.ts";

/** A server that is closed takes its socket away; one that is killed does not. */
function leaveSocket(path: string): void {
  const program = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", program, path]);
}

const listen = (path: string): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer().listen(path, () => resolve(server));
  });

test("a socket is a dead shim's that nobody listens on, and that was made since our directory was", async () => {
  const directory = await mkdtemp(join(tmpdir(), "shims-"));
  const layout = containerdLayout(directory);
  const sockets = join(directory, "s");
  await mkdir(layout.directory, { recursive: true });
  await mkdir(sockets);
  const live = await listen(join(sockets, "live"));
  try {
    for (const name of ["dead", "older"]) leaveSocket(join(sockets, name));
    await utimes(join(sockets, "older"), 1, 1);
    await writeFile(join(sockets, "file"), "");
    expect(await deadSocketsIn(sockets, layout)).toEqual([join(sockets, "dead")]);
  } finally {
    await new Promise((closed) => live.close(closed));
    await rm(directory, { recursive: true, force: true });
  }
});
