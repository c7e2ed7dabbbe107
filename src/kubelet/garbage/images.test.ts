import { expect, test } from "vitest";
import { silentLogger } from "../../base/logger.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import type { Image } from "../runtime/images.ts";
import { DEFAULT_SETTINGS } from "../settings.ts";
import { createImageGarbage } from "./images.ts";

/** A file system of 1000 bytes with images of 100 on it. */
function setUp(names: readonly string[], more: { pinned?: string; used?: readonly string[]; availableBytes?: number } = {}) {
  const clock = virtualClock();
  const state = { used: new Set(more.used), availableBytes: more.availableBytes ?? 100, broken: false };
  const images = new Map<string, Image>(
    names.map((name) => [
      name,
      { id: name, repoTags: [`${name}:1`], repoDigests: [`${name}@sha256:1`], sizeBytes: 100, pinned: name === more.pinned },
    ]),
  );
  const warnings: string[] = [];
  let removed = 0;
  const garbage = createImageGarbage({
    runtime: {
      listImages: async () => [...images.values()],
      listContainers: async () => [...state.used].map((imageRef) => ({ imageId: "", imageRef }) as never),
      async removeImage(id) {
        if (state.broken) throw new Error("in use");
        images.delete(id);
        state.availableBytes += 100;
      },
    },
    clock,
    logger: silentLogger,
    settings: DEFAULT_SETTINGS,
    pinned: ["pause:1"],
    filesystem: async () => ({ capacityBytes: 1000, availableBytes: state.availableBytes }),
    warn: (reason, message) => warnings.push(`${reason} ${message}`),
    removed: () => void removed++,
  });
  return { clock, state, garbage, warnings, left: () => [...images.keys()], removed: () => removed };
}

test("a full file system is freed down to the low mark, of what was not used for longest", async () => {
  const { clock, state, garbage, left, removed } = setUp(["old", "used", "recent"], { used: ["recent", "used@sha256:1"] });
  await garbage.collect();
  state.used.delete("recent");
  await clock.advance(DEFAULT_SETTINGS.imageMinimumGcAgeMs);
  expect(left()).toEqual(["old", "used", "recent"]);
  await garbage.collect();
  expect(left()).toEqual(["used", "recent"]);
  expect(removed()).toBe(1);
});

test("images that are in use, pinned, or new stay, and the node says that it is full", async () => {
  const { clock, garbage, left, warnings } = setUp(["used", "pinned", "pause"], {
    used: ["used"],
    pinned: "pinned",
    availableBytes: 50,
  });
  await garbage.collect();
  await clock.advance(DEFAULT_SETTINGS.imageMinimumGcAgeMs);
  await garbage.collect();
  expect(left()).toEqual(["used", "pinned", "pause"]);
  const words = "FreeDiskSpaceFailed Insufficient free disk space on the node's image filesystem (95% of 1000 B used). ";
  expect(warnings[0]).toContain(`${words}Failed to free sufficient space by deleting unused images (freed 0 bytes).`);
  expect(warnings.map((each) => each.split(" ")[0])).toEqual(["FreeDiskSpaceFailed", "FreeDiskSpaceFailed", "ImageGCFailed"]);
});

test("nothing is removed while there is room, however old", async () => {
  const { clock, garbage, left, warnings } = setUp(["old"], { availableBytes: 160 });
  await garbage.collect();
  await clock.advance(3_600_000);
  await garbage.collect();
  expect([left(), warnings]).toEqual([["old"], []]);
});

test("a failure is told when it comes twice in a row", async () => {
  const { clock, state, garbage, warnings } = setUp(["old"]);
  await garbage.collect();
  warnings.length = 0;
  state.broken = true;
  await clock.advance(DEFAULT_SETTINGS.imageMinimumGcAgeMs);
  await garbage.collect();
  expect(warnings).toEqual(["ImageGCFailed in use"]);
});
