import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeUtf8 } from "../../base/bytes.ts";
import { hostLogFiles } from "./host-log-files.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "timonier-logs-"));
  await mkdir(join(root, "log/pods"), { recursive: true });
  await writeFile(join(root, "log/messages"), "hello\n");
  await writeFile(join(root, "secret"), "hush");
  await symlink("../secret", join(root, "log/out"));
  await symlink("messages", join(root, "log/in"));
});
afterAll(() => rm(root, { recursive: true }));

async function read(...parts: string[]): Promise<string | readonly string[] | undefined> {
  const found = await hostLogFiles(join(root, "log")).find(parts);
  if (found === undefined || "names" in found) return found?.names;
  let text = "";
  for await (const chunk of found.chunks(new AbortController().signal)) text += decodeUtf8(chunk);
  return text;
}

test("the node's logs are listed, directories with a slash, and read", async () => {
  expect(await read()).toEqual(["in", "messages", "out", "pods/"]);
  expect([await read("messages"), await read("in")]).toEqual(["hello\n", "hello\n"]);
});

test("nothing outside the directory is reached, by whatever path", async () => {
  for (const parts of [["..", "secret"], ["out"], ["pods", "..", "..", "secret"], ["../secret"], ["a\0"], ["none"]])
    expect(await read(...parts)).toBeUndefined();
});
