/** Logs and termination messages of simulated containers, from memory. */
import type { ContainerOutput, LogReadOptions, LogRecord } from "../output.ts";
import type { SimulatedContainer } from "./container.ts";

async function* records(container: SimulatedContainer, options: LogReadOptions): AsyncGenerator<LogRecord> {
  const { tailLines, sinceMs, follow, ended, signal } = options;
  let index = tailLines === undefined ? 0 : Math.max(0, container.log.length - tailLines);
  for (;;) {
    for (; index < container.log.length && !signal.aborted; index++) {
      const record = container.log[index];
      if (record !== undefined && (sinceMs === undefined || Date.parse(record.timestamp) >= sinceMs)) yield record;
    }
    if (!follow || signal.aborted || container.state !== "Running" || ended()) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        off();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const off = container.onLog(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }
}

async function* nothing(): AsyncGenerator<LogRecord> {}

export const simulatedOutput = (find: (id: string) => SimulatedContainer | undefined): ContainerOutput => ({
  logs({ containerId }, options) {
    const container = find(containerId);
    return container === undefined ? nothing() : records(container, options);
  },
  terminationMessage: async ({ containerId }, limitBytes) => find(containerId)?.terminationLog?.slice(0, limitBytes),
});
