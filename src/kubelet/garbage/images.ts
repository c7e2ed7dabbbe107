/**
 * Removes images that nobody uses when their file system gets full: those that were not used for longest first, down to a mark.
 * Images in use and pinned ones stay, and so do new ones, which somebody may be about to use.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/#container-image-garbage-collection
 */
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Image, ImageService } from "../runtime/images.ts";
import type { RuntimeService } from "../runtime/runtime.ts";
import type { KubeletSettings } from "../settings.ts";

export interface ImageGarbageOptions {
  runtime: Pick<RuntimeService, "listContainers"> & Pick<ImageService, "listImages" | "removeImage">;
  clock: Clock;
  logger: Logger;
  settings: Pick<KubeletSettings, "imageGcHighThresholdPercent" | "imageGcLowThresholdPercent" | "imageMinimumGcAgeMs">;
  /** Names that are never removed, for runtimes that do not know of pinned images. */
  pinned: readonly string[];
  /** Where images are kept; undefined where nobody knows. */
  filesystem(): Promise<{ capacityBytes: number; availableBytes: number } | undefined>;
  /** A warning about the node. */
  warn(reason: string, message: string): void;
  removed(): void;
}

export interface ImageGarbage {
  /** Looks once. Never rejects. */
  collect(): Promise<void>;
}

interface Record {
  image: Image;
  firstSeenMs: number;
  /** 0: never. */
  lastUsedMs: number;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

function sizeText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 2 ** (10 * power);
  return power === 0 ? `${bytes} B` : `${value.toFixed(1)} ${UNITS[power]}`;
}

const isPinned = ({ image }: Record, names: readonly string[]): boolean =>
  image.pinned || image.repoTags.some((tag) => names.includes(tag));

/** The next to go first. */
const byUse = (a: Record, b: Record): number => a.lastUsedMs - b.lastUsedMs || a.firstSeenMs - b.firstSeenMs;

type Records = Map<string, Record>;

/** Looks at images and containers; answers those that nobody uses, the next to go first. */
async function unused({ runtime, pinned }: ImageGarbageOptions, records: Records, nowMs: number): Promise<Record[]> {
  const [images, containers] = await Promise.all([runtime.listImages(), runtime.listContainers()]);
  const inUse = new Set(containers.flatMap(({ imageId, imageRef }) => [imageId, imageRef]));
  const ids = new Set(images.map(({ id }) => id));
  for (const id of records.keys()) if (!ids.has(id)) records.delete(id);
  for (const image of images) {
    const record = records.get(image.id) ?? { image, firstSeenMs: nowMs, lastUsedMs: 0 };
    record.image = image;
    if ([image.id, ...image.repoDigests].some((name) => inUse.has(name))) record.lastUsedMs = nowMs;
    records.set(image.id, record);
  }
  return [...records.values()].filter((record) => record.lastUsedMs !== nowMs && !isPinned(record, pinned)).sort(byUse);
}

/** Answers how much has been made free. */
async function free(
  options: ImageGarbageOptions,
  records: Records,
  from: readonly Record[],
  { wantedBytes, nowMs }: { wantedBytes: number; nowMs: number },
): Promise<number> {
  const { runtime, logger, settings } = options;
  let freedBytes = 0;
  for (const { image, firstSeenMs } of from) {
    if (freedBytes >= wantedBytes) break;
    if (nowMs - firstSeenMs < settings.imageMinimumGcAgeMs) continue;
    logger.info("image removed to make room", { image: image.repoTags[0] ?? image.id, bytes: image.sizeBytes });
    await runtime.removeImage(image.id);
    records.delete(image.id);
    options.removed();
    freedBytes += image.sizeBytes;
  }
  return freedBytes;
}

/** Rejects with what the node says of it. */
async function collectOnce(options: ImageGarbageOptions, records: Records): Promise<void> {
  const { settings, warn } = options;
  const nowMs = options.clock.now();
  const candidates = await unused(options, records, nowMs);
  const filesystem = await options.filesystem();
  if (filesystem === undefined) return;
  const { capacityBytes } = filesystem;
  if (capacityBytes === 0) {
    warn("InvalidDiskCapacity", "invalid capacity 0 on image filesystem");
    throw new Error("invalid capacity 0 on image filesystem");
  }
  const availableBytes = Math.min(filesystem.availableBytes, capacityBytes);
  const usedPercent = 100 - Math.floor((availableBytes * 100) / capacityBytes);
  if (usedPercent < settings.imageGcHighThresholdPercent) return;
  const wantedBytes = Math.floor((capacityBytes * (100 - settings.imageGcLowThresholdPercent)) / 100) - availableBytes;
  const freedBytes = await free(options, records, candidates, { wantedBytes, nowMs });
  if (freedBytes >= wantedBytes) return;
  const message =
    `Insufficient free disk space on the node's image filesystem (${usedPercent}% of ${sizeText(capacityBytes)} used). ` +
    `Failed to free sufficient space by deleting unused images (freed ${freedBytes} bytes). ` +
    "Investigate disk usage, as it could be used by active images, logs, volumes, or other data.";
  warn("FreeDiskSpaceFailed", message);
  throw new Error(message);
}

export function createImageGarbage(options: ImageGarbageOptions): ImageGarbage {
  const records: Records = new Map();
  let hasFailed = false;
  return {
    async collect() {
      try {
        await collectOnce(options, records);
        hasFailed = false;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        options.logger.warn("images not collected", { error: why });
        // Once may be bad luck.
        if (hasFailed) options.warn("ImageGCFailed", why);
        hasFailed = true;
      }
    },
  };
}
