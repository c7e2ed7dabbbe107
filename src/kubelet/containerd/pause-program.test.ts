import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { realClock, sleep } from "../../base/clock.ts";
import { type Architecture, pauseProgram } from "./pause-program.ts";

const directory = mkdtempSync(join(tmpdir(), "timonier-pause-"));
afterAll(() => rmSync(directory, { recursive: true }));

const runnable = process.platform === "linux" && (process.arch === "x64" || process.arch === "arm64");
const path = join(directory, "pause");
if (runnable) writeFileSync(path, pauseProgram(process.arch as Architecture), { mode: 0o755 });

const ended = (child: ChildProcess): Promise<[number | null, string | null]> =>
  new Promise((resolve) => child.once("exit", (code, signal) => resolve([code, signal])));

/** Signals that a process ignores, as a bit mask: the program's first step is done when SIGCHLD is among them. */
const ignored = (pid: number): bigint =>
  BigInt(`0x${/^SigIgn:\s*(\S+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0"}`);

async function started(): Promise<ChildProcess & { pid: number }> {
  const child = spawn(path, { stdio: "ignore" });
  const { pid } = child;
  if (pid === undefined) throw new Error("the program did not start");
  while (!((ignored(pid) >> 16n) & 1n)) await sleep(realClock, 5);
  return Object.assign(child, { pid });
}

describe("the pause program", () => {
  test.skipIf(!runnable).each(["SIGTERM", "SIGINT"] as const)("ends well on %s", async (signal) => {
    const child = await started();
    child.kill(signal);
    expect(await ended(child)).toEqual([0, null]);
  });

  test.skipIf(!runnable)("goes on after signals that do not concern it", async () => {
    const child = await started();
    child.kill("SIGSTOP");
    child.kill("SIGCONT");
    child.kill("SIGWINCH");
    child.kill("SIGCHLD");
    child.kill("SIGTERM");
    expect(await ended(child)).toEqual([0, null]);
  });

  test("is a static executable of a few hundred bytes for both architectures", () => {
    for (const architecture of ["x64", "arm64"] as const) {
      const program = pauseProgram(architecture);
      expect([...program.subarray(0, 6)]).toEqual([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
      expect(program.length).toBeLessThan(512);
    }
  });

  test("has the instructions of the arm64 manual", () => {
    const program = pauseProgram("arm64");
    const words = new DataView(program.buffer, program.byteOffset + 120);
    const at = (index: number): string =>
      words
        .getUint32(index * 4, true)
        .toString(16)
        .padStart(8, "0");
    // movz x0, #17; movk x0, #0, lsl 16; …; movz x8, #134; movk x8, #0, lsl 16; svc #0
    expect([at(0), at(1), at(8), at(9), at(10)]).toEqual(["d2800220", "f2a00000", "d28010c8", "f2a00008", "d4000001"]);
    // tbnz x0, #63, eleven instructions back
    expect(at(33)).toBe("b7fffea0");
  });
});

// A zombie needs a parent that does not wait: in a PID namespace that is the first process, for every orphan.
const root = runnable && process.getuid?.() === 0;
test.skipIf(!root)("leaves no zombies as the first process of a PID namespace", async () => {
  const holder = spawn("unshare", ["--pid", "--fork", "--kill-child", "--mount-proc", path], { stdio: "ignore", detached: true });
  holder.unref();
  try {
    const pid = await firstProcess(holder.pid ?? 0);
    // The inner command outlives its parent, so the first process inherits it.
    execFileSync("nsenter", ["-t", pid, "-p", "-m", "sh", "-c", "(sleep 0.05 &); (sleep 0.01 &); sleep 0.1"]);
    const states = execFileSync("nsenter", ["-t", pid, "-p", "-m", "sh", "-c", "grep -h ^State: /proc/[0-9]*/status"]).toString();
    expect(states).toContain("sleeping");
    expect(states).not.toContain("zombie");
  } finally {
    process.kill(-(holder.pid ?? 0), "SIGKILL");
  }
});

async function firstProcess(unshare: number): Promise<string> {
  for (;;) {
    const children = readFileSync(`/proc/${unshare}/task/${unshare}/children`, "utf8").trim().split(" ");
    for (const pid of children) {
      if (pid === "") continue;
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      if (/^NSpid:\s+\d+\s+1$/m.test(status) && status.startsWith("Name:\tpause")) return pid;
    }
    await sleep(realClock, 5);
  }
}
