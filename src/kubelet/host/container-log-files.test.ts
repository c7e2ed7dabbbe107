import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { linkName } from "../logs/files.ts";
import { LABELS } from "../pod/runtime-pod.ts";
import { containerLogFiles } from "./container-log-files.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "timonier-links-"));
  await mkdir(join(root, "links"));
  await mkdir(join(root, "logs/default_web_uid-1/main"), { recursive: true });
  await writeFile(join(root, "logs/default_web_uid-1/main/0.log"), "hello");
});
afterEach(() => rm(root, { recursive: true }));

const owner = {
  id: "abc123",
  labels: { [LABELS.podName]: "web", [LABELS.podNamespace]: "default", [LABELS.containerName]: "main" },
};
const files = () => containerLogFiles({ logs: join(root, "logs"), links: join(root, "links") });
const log = (): string => join(root, "logs/default_web_uid-1/main/0.log");

test("a container's log is found by Pod, namespace, container and id, as long as the container is there", async () => {
  await files().link(owner, log());
  expect(await readFile(join(root, "links/web_default_main-abc123.log"), "utf8")).toBe("hello");
  await files().remove(owner, log());
  expect([await readdir(join(root, "links")), await readdir(join(root, "logs/default_web_uid-1/main"))]).toEqual([[], []]);
});

test("a link's name is never longer than a file's may be", () => {
  const labels = { ...owner.labels, [LABELS.podName]: "p".repeat(253) };
  expect(linkName({ ...owner, labels })).toHaveLength(255);
  expect(linkName({ ...owner, labels })).toMatch(/p\.log$/);
});

test("logs of Pods that nobody knows go, and links of containers that are not there any more", async () => {
  await files().link(owner, log());
  await files().sweep((uid) => uid === "uid-1", new Set());
  expect(await readdir(join(root, "links"))).toHaveLength(1);
  await files().sweep(() => false, new Set(["abc123"]));
  expect([await readdir(join(root, "logs")), await readdir(join(root, "links"))]).toEqual([[], ["web_default_main-abc123.log"]]);
  await files().sweep(() => false, new Set());
  expect(await readdir(join(root, "links"))).toEqual([]);
});
