import { expect, test } from "vitest";
import { silentLogger } from "../../base/logger.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { DEFAULT_SETTINGS } from "../settings.ts";
import { createWheel } from "../wheel.ts";
import { startLogRotation } from "./rotation.ts";

function setUp(sizes: Record<string, number | undefined>) {
  const clock = virtualClock();
  const done: string[] = [];
  const rotation = startLogRotation({
    runtime: {
      containerStatus: async (id: string) => ({ logPath: `/logs/${id}` }) as never,
      reopenContainerLog: async (id: string) => void done.push(`reopen ${id}`),
    },
    files: {
      sizeOf: async (path) => sizes[path.slice("/logs/".length)],
      async rotate(path, { reopen }) {
        if (path === "/logs/broken") throw new Error("no space");
        done.push(`rotate ${path}`);
        await reopen();
      },
      remove: async () => {},
    },
    clock,
    wheel: createWheel(clock),
    logger: silentLogger,
    settings: { ...DEFAULT_SETTINGS, containerLogMaxSizeBytes: 100 },
    running: () => Object.keys(sizes),
  });
  return { clock, done, rotation };
}

test("every ten seconds the logs of running containers that have grown too large are put aside", async () => {
  const { clock, done, rotation } = setUp({ small: 99, large: 100 });
  await clock.advance(9_999);
  expect(done).toEqual([]);
  await clock.advance(1);
  expect(done).toEqual(["rotate /logs/large", "reopen large"]);
  rotation.stop();
  await clock.advance(60_000);
  expect(done).toHaveLength(2);
});

test("a log that somebody took away is begun anew, and one that cannot be put aside does not keep others from it", async () => {
  const { done, rotation } = setUp({ broken: 500, gone: undefined, large: 200 });
  await rotation.look();
  expect(done).toEqual(["reopen gone", "rotate /logs/large", "reopen large"]);
  rotation.stop();
});
