/** `timonier agent`: the node's process. `up` starts it; people do not. */
import type { Command } from "commander";
import { realClock } from "../base/clock.ts";
import { systemEntropy } from "../base/entropy.ts";
import { startAgent } from "../cluster/agent.ts";
import { readAgentConfig } from "../cluster/agent-config.ts";
import type { AgentMessage } from "../cluster/agent-process.ts";
import { fileLogger } from "./console-logger.ts";
import { messageOf } from "./failure.ts";
import { endSignal, keepAlive } from "./process-signals.ts";

const tell = (message: AgentMessage): void => {
  // The server may be gone: the agent goes on without it.
  if (process.connected) process.send?.(message, () => {});
};

export function addAgent(program: Command): void {
  program
    .command("agent", { hidden: true })
    .requiredOption("--config <file>", "written by the server")
    .requiredOption("--log <file>", "where to log")
    .action(async ({ config: file, log }: { config: string; log: string }) => {
      const release = keepAlive();
      const signal = endSignal();
      const logger = fileLogger(log);
      try {
        const agent = await startAgent({
          config: readAgentConfig(file),
          configFile: file,
          logFile: log,
          onDns: (dnsPort) => tell({ dnsPort }),
          clock: realClock,
          entropy: systemEntropy,
          logger,
        });
        tell({ ready: true });
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        await agent.stop();
      } catch (error) {
        logger.error("the agent cannot run", { error: messageOf(error) });
        tell({ failed: messageOf(error) });
        process.exitCode = 1;
      }
      release();
      process.disconnect?.();
    });
}
