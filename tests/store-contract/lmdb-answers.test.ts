/** The planned answers of the store on LMDB: a directory in use, a damaged one, no space, a file that has grown. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeUtf8 } from "../../src/base/bytes.ts";
import { realClock } from "../../src/base/clock.ts";
import { type LmdbStore, type LmdbStoreOptions, openLmdbStore } from "../../src/store/lmdb/lmdb-store.ts";
import { put, remove } from "./contract.ts";

let directory: string;
const stores: LmdbStore[] = [];
const children: ReturnType<typeof spawn>[] = [];

const open = async (options: Partial<LmdbStoreOptions> = {}): Promise<LmdbStore> => {
  const store = await openLmdbStore({ directory, clock: realClock, ...options });
  stores.push(store);
  return store;
};

const file = (): string => join(directory, "store.mdb");

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "timonier-answers-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const store of stores.splice(0)) await store.close();
  rmSync(directory, { recursive: true });
});

describe("a directory in use", () => {
  test("is refused with the pid of the process that uses it, and free again when that was killed", async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "..", "crash", "writer.ts"), directory]);
    children.push(child);
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (bytes: Buffer) => bytes.includes("done") && resolve());
    });
    const refused = open();
    await expect(refused).rejects.toMatchObject({ reason: "locked" });
    await expect(refused).rejects.toThrow(new RegExp(`process ${child.pid}:`));
    const gone = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await gone;
    const store = await open();
    expect(Number(await store.revision())).toBeGreaterThan(0);
  });

  test("is refused to the same process too, until it is closed", async () => {
    const store = await open();
    await expect(open()).rejects.toMatchObject({ reason: "locked" });
    await store.close();
    await open();
  });

  test("is free where the pid was given to another process since", async () => {
    await (await open()).close();
    writeFileSync(join(directory, "LOCK"), `${process.ppid} 1\n`);
    await open();
  });
});

describe("a damaged directory", () => {
  const fill = async (): Promise<void> => {
    const store = await open();
    for (let index = 0; index < 50; index++) await store.commit([put(`/a/${index}`, "x".repeat(5000))]);
    await store.close();
  };

  test.each<[string, () => void]>([
    ["is of another format", () => writeFileSync(join(directory, "FORMAT"), "timonier-store 99\n")],
    ["says no format", () => rmSync(join(directory, "FORMAT"))],
    ["holds something else", () => writeFileSync(file(), "x".repeat(100_000))],
    ["was cut off", () => truncateSync(file(), 100_000)],
    ["was cut off after its meta pages", () => truncateSync(file(), 8192)],
    ["was cut off within its first page", () => truncateSync(file(), 100)],
  ])("that %s is refused with what to do, and is not locked afterwards", async (_name, damage) => {
    await fill();
    damage();
    await expect(open()).rejects.toMatchObject({ reason: "damaged", message: expect.stringMatching(/use the version|Restore/) });
    expect(existsSync(join(directory, "LOCK"))).toBe(false);
  });

  test("of which only free pages are missing is used", async () => {
    await fill();
    const { size } = statSync(file());
    // Pages that are behind the last one and free look like this.
    truncateSync(file(), size + 4096 * 10);
    const store = await open();
    expect(await store.count("/a/")).toBe(50);
  });
});

describe("no space", () => {
  test("refuses puts at the limit, lets deletes make room, and reads go on", async () => {
    const store = await open({ maxBytes: 1_000_000 });
    let written = 0;
    const filling = (async () => {
      for (;;) {
        await store.commit([put(`/a/${written}`, "x".repeat(20_000))]);
        written++;
      }
    })();
    await expect(filling).rejects.toMatchObject({ reason: "full" });
    expect(written).toBeGreaterThan(30);
    expect(await store.count("/a/")).toBe(written);
    for (let index = 0; index < 10; index++) await store.commit([remove(`/a/${index}`)]);
    await expect(store.commit([put("/b", "1")])).rejects.toMatchObject({ reason: "full" });
    await store.compact(await store.revision());
    await store.commit([put("/b", "1")]);
    expect(await store.revision()).toBe(written + 11);
  });

  test("on the disk refuses what does not fit, whole, and reads go on", async () => {
    const script = join(directory, "fill.ts");
    const data = join(directory, "data");
    writeFileSync(script, FILL_SCRIPT(data));
    // A limit on the size of files, with its signal ignored, is a full disk for this process alone.
    const run = spawn("sh", ["-c", `trap '' XFSZ; ulimit -f 20000; exec "${process.execPath}" "${script}"`]);
    children.push(run);
    let output = "";
    run.stdout.on("data", (bytes: Buffer) => {
      output += bytes.toString();
    });
    await new Promise((resolve) => run.once("close", resolve));
    const { committed, reason, count, revision } = JSON.parse(output) as Record<string, unknown>;
    expect(reason).toBe("full");
    expect(committed).toBeGreaterThan(10);
    expect(count).toBe(committed);
    expect(revision).toBe(committed);
    const store = await open({ directory: data });
    expect(await store.count("/a/")).toBe(committed);
    await store.commit([put("/b", "1")]);
  });
});

const FILL_SCRIPT = (data: string): string => `
import { realClock } from ${JSON.stringify(join(import.meta.dirname, "../../src/base/clock.ts"))};
import { openLmdbStore } from ${JSON.stringify(join(import.meta.dirname, "../../src/store/lmdb/lmdb-store.ts"))};
const store = await openLmdbStore({ directory: ${JSON.stringify(data)}, clock: realClock, onFatal: () => process.exit(9) });
let committed = 0;
let reason;
while (reason === undefined) {
  const operation = { type: "put", key: "/a/" + committed, value: new Uint8Array(50_000), if: "absent" };
  await store.commit([operation]).then(() => committed++, (error) => { reason = error.reason; });
}
console.log(JSON.stringify({ committed, reason, count: await store.count("/a/"), revision: await store.revision() }));
await store.close();
`;

test("a file that has grown to more than twice its content is copied compactly at the next start", async () => {
  const store = await open();
  const all = Array.from({ length: 60 }, (_, index) => index);
  await Promise.all(all.map((index) => store.commit([put(`/a/${index}`, "x".repeat(1_400_000))])));
  await Promise.all(all.slice(1).map((index) => store.commit([remove(`/a/${index}`)])));
  await store.compact(await store.revision());
  await store.close();
  const before = statSync(file()).size;
  const again = await open();
  expect(statSync(file()).size).toBeLessThan(before / 10);
  expect(await again.revision()).toBe(119);
  expect((await again.get("/a/0"))?.value).toEqual(encodeUtf8("x".repeat(1_400_000)));
  expect((await again.commit([put("/b", "1")])).revision).toBe(120);
});
