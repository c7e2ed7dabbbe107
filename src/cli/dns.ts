/** `timonier dns`: the thread of the agent that answers names. The agent starts it; people do not. */
import type { Command } from "commander";
import { realClock } from "../base/clock.ts";
import { systemEntropy } from "../base/entropy.ts";
import { readAgentConfig } from "../cluster/agent-config.ts";
import { consoleLogger } from "./console-logger.ts";

export function addDns(program: Command): void {
  program
    .command("dns", { hidden: true })
    .requiredOption("--config <file>", "written by the server")
    .action(async ({ config }: { config: string }) => {
      const { runDnsThread } = await import("../cluster/dns-thread.ts");
      await runDnsThread({
        config: readAgentConfig(config),
        clock: realClock,
        entropy: systemEntropy,
        logger: consoleLogger().with({ component: "dns" }),
      });
    });
}
