/**
 * Knows when a runtime is starting Pods: what can wait until it is done, such as Events, leaves the processors to it.
 *
 * On a small machine everything that the node says about a start takes time from the start itself.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { Runtime } from "./runtime.ts";

export interface Starts {
  /** The same runtime; its starts are counted. */
  readonly runtime: Runtime;
  /** Resolves once nothing starts any more, or after `limitMs`. */
  over(limitMs: number): Promise<void>;
}

/** Between two calls for the same Pod nothing is under way: only a pause longer than that is an end. */
const PAUSE_MS = 50;

export function followStarts(runtime: Runtime, clock: Clock): Starts {
  let underWay = 0;
  let pause: Timer | undefined;
  const waiting = new Set<() => void>();

  function end(): void {
    if (--underWay > 0) return;
    pause = clock.after(PAUSE_MS, () => {
      pause = undefined;
      for (const resume of waiting) resume();
    });
  }

  async function counted<T>(call: () => Promise<T>): Promise<T> {
    pause?.cancel();
    pause = undefined;
    underWay++;
    try {
      return await call();
    } finally {
      end();
    }
  }

  return {
    runtime: {
      ...runtime,
      runPodSandbox: (...args) => counted(() => runtime.runPodSandbox(...args)),
      createContainer: (...args) => counted(() => runtime.createContainer(...args)),
      startContainer: (...args) => counted(() => runtime.startContainer(...args)),
    },
    over(limitMs) {
      if (underWay === 0 && pause === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        const resume = (): void => {
          limit.cancel();
          waiting.delete(resume);
          resolve();
        };
        const limit = clock.after(limitMs, resume);
        waiting.add(resume);
      });
    },
  };
}
