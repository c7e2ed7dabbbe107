import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../../base/bytes.ts";
import { realClock } from "../../base/clock.ts";
import { logFiles, parseLogLine } from "./log-files.ts";
import { nodeHost } from "./node-host.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "timonier-host-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const file = (text: string, mode = 0o644) => ({ mode, bytes: encodeUtf8(text) });

describe("the contents of a volume", () => {
  test("are exchanged as a whole, and files that are gone go", async () => {
    const volume = join(root, "config");
    expect(
      await nodeHost.writeVolume(
        volume,
        new Map([
          ["a", file("1")],
          ["deep/b", file("2", 0o600)],
        ]),
        undefined,
      ),
    ).toBe(true);
    expect(await readFile(join(volume, "a"), "utf8")).toBe("1");
    expect((await stat(join(volume, "deep/b"))).mode & 0o777).toBe(0o600);
    const before = await readlink(join(volume, "..data"));
    expect(
      await nodeHost.writeVolume(
        volume,
        new Map([
          ["a", file("1")],
          ["deep/b", file("2", 0o600)],
        ]),
        undefined,
      ),
    ).toBe(false);
    await nodeHost.writeVolume(volume, new Map([["a", file("3")]]), undefined);
    expect(await readFile(join(volume, "a"), "utf8")).toBe("3");
    expect(await readlink(join(volume, "..data"))).not.toBe(before);
    expect((await readdir(volume)).filter((name) => !name.startsWith(".."))).toEqual(["a"]);
  });

  test("never lie outside of it", async () => {
    await expect(nodeHost.writeVolume(join(root, "v"), new Map([["../out", file("x")]]), undefined)).rejects.toThrow(
      "invalid path",
    );
  });
});

describe("a path within a volume", () => {
  test("is made where it is missing, and refused where a link leads out", async () => {
    expect(await nodeHost.within(root, "data/db", true)).toMatch(/data\/db$/);
    await symlink("/etc", join(root, "escape"));
    await expect(nodeHost.within(root, "escape/passwd", false)).rejects.toThrow("leads out");
    await expect(nodeHost.within(root, "../x", true)).rejects.toThrow("must not leave");
  });
});

describe("log files", () => {
  const lines = [
    "2026-01-01T00:00:00.000000001Z stdout F one",
    "2026-01-01T00:00:01.000000001Z stderr P two, ",
    "2026-01-01T00:00:01.000000002Z stderr F and its end",
  ];
  const read = async (path: string, tailLines?: number): Promise<string> => {
    let text = "";
    const options = { follow: false, ended: () => true, signal: new AbortController().signal };
    const tail = tailLines === undefined ? {} : { tailLines };
    for await (const { bytes } of logFiles(realClock).logs({ containerId: "", path }, { ...options, ...tail }))
      text += decodeUtf8(bytes);
    return text;
  };

  test("are read line by line, parts of a line put together again", async () => {
    const path = join(root, "0.log");
    await writeFile(path, `${lines.join("\n")}\n`);
    expect(await read(path)).toBe("one\ntwo, and its end\n");
    expect(await read(path, 1)).toBe("and its end\n");
    expect(await read(join(root, "none.log"))).toBe("");
    expect(parseLogLine(encodeUtf8("nonsense"))).toBeUndefined();
  });

  test("are followed until the container has ended", async () => {
    const path = join(root, "0.log");
    await writeFile(path, `${lines[0]}\n`);
    let ended = false;
    const seen: string[] = [];
    const options = { follow: true, ended: () => ended, signal: new AbortController().signal };
    for await (const { bytes } of logFiles(realClock).logs({ containerId: "", path }, options)) {
      seen.push(decodeUtf8(bytes));
      if (seen.length > 1) continue;
      ended = true;
      await writeFile(path, `${lines[2]}\n`, { flag: "a" });
    }
    expect(seen).toEqual(["one\n", "and its end\n"]);
  });
});
