/** `timonier kubeconfig`: prints the administrator's kubeconfig. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { dataDirectory, defaultDataDirectory } from "../cluster/data-directory.ts";
import { requireServer } from "./running-server.ts";

export function addKubeconfig(program: Command): void {
  program
    .command("kubeconfig")
    .description("print the administrator's kubeconfig")
    .option("--data-dir <directory>", "where the cluster is kept")
    .option("--path", "print where the file is instead")
    .action((options: { dataDir?: string; path?: boolean }) => {
      const { kubeconfig } = requireServer(dataDirectory(options.dataDir ?? defaultDataDirectory()));
      process.stdout.write(options.path ? `${kubeconfig}\n` : readFileSync(kubeconfig, "utf8"));
    });
}
