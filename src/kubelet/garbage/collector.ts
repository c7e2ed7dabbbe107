/** When garbage is collected: containers a while after something has ended, images now and then. A node where nothing ends rests. */
import type { Timer } from "../../base/clock.ts";
import type { Wheel } from "../wheel.ts";
import type { ImageGarbage } from "./images.ts";

/** As upstream's. */
const CONTAINERS_MS = 60_000;
const IMAGES_MS = 300_000;

export interface GarbageCollector {
  /** Something has ended. */
  note(): void;
  stop(): void;
}

export interface GarbageCollectorOptions {
  wheel: Wheel;
  containers(): Promise<void>;
  /** Undefined where images take no room: on a simulated node. */
  images: ImageGarbage | undefined;
}

export function startGarbageCollector({ wheel, containers, images }: GarbageCollectorOptions): GarbageCollector {
  let soon: Timer | undefined;
  let later: Timer | undefined;
  let stopped = false;

  async function lookAtImages(): Promise<void> {
    await images?.collect();
    if (!stopped) later = wheel.after(IMAGES_MS, () => void lookAtImages());
  }
  if (images !== undefined) later = wheel.after(IMAGES_MS, () => void lookAtImages());

  return {
    note() {
      if (stopped) return;
      soon ??= wheel.after(CONTAINERS_MS, () => {
        soon = undefined;
        void containers();
      });
    },
    stop() {
      stopped = true;
      soon?.cancel();
      later?.cancel();
    },
  };
}
