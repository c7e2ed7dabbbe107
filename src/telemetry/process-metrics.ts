/** Figures of the process, under the names of Prometheus' own client libraries. They are read when somebody scrapes. */
import type { Registry } from "./registry.ts";

/** Where the figures come from: the platform gives what it can. */
export interface ProcessFigures {
  /** User and system time. */
  cpuSeconds(): number;
  residentBytes(): number;
  virtualBytes?(): number;
  openFiles?(): number;
  /** Unix time at which the process started. */
  readonly startSeconds: number;
}

export function processMetrics(registry: Registry, figures: ProcessFigures): void {
  const cpu = registry.counter({
    name: "process_cpu_seconds_total",
    help: "Total user and system CPU time spent in seconds.",
  });
  const gauges = [
    ["process_resident_memory_bytes", "Resident memory size in bytes.", () => figures.residentBytes()],
    ["process_virtual_memory_bytes", "Virtual memory size in bytes.", () => figures.virtualBytes?.()],
    ["process_open_fds", "Number of open file descriptors.", () => figures.openFiles?.()],
    ["process_start_time_seconds", "Start time of the process since unix epoch in seconds.", () => figures.startSeconds],
  ] as const;
  const readers = gauges.map(([name, help, read]) => ({ family: registry.gauge({ name, help }), read }));
  registry.beforeScrape(() => {
    const total = cpu.with();
    total.add(figures.cpuSeconds() - total.value);
    for (const { family, read } of readers) {
      const value = read();
      if (value !== undefined) family.with().set(value);
    }
  });
}
