/** `timonier image load` and `timonier image list`. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { realClock } from "../base/clock.ts";
import { dataDirectory, defaultDataDirectory } from "../cluster/data-directory.ts";
import { CommandError } from "./failure.ts";
import { keepAlive } from "./process-signals.ts";
import { requireServer } from "./running-server.ts";

interface Options {
  dataDir?: string;
}

const MEGABYTE = 1_000_000;

export function addImage(program: Command): void {
  const image = program.command("image").description("images of the node");
  image
    .command("load <archive>")
    .description("load the images of a TAR archive (docker save, or an OCI layout)")
    .option("--data-dir <directory>", "where the cluster is kept")
    .action(async (archive: string, options: Options) => {
      if (!existsSync(archive)) throw new CommandError(`${archive} does not exist`);
      const directory = dataDirectory(options.dataDir ?? defaultDataDirectory());
      requireServer(directory);
      const release = keepAlive();
      try {
        console.log(`loading ${archive} …`);
        const { loadArchive } = await import("../cluster/node-images.ts");
        for (const name of await loadArchive(directory, archive, realClock)) console.log(`loaded ${name}`);
      } finally {
        release();
      }
    });
  image
    .command("list")
    .description("list the images of the node")
    .option("--data-dir <directory>", "where the cluster is kept")
    .action(async (options: Options) => {
      const directory = dataDirectory(options.dataDir ?? defaultDataDirectory());
      requireServer(directory);
      const release = keepAlive();
      try {
        const { nodeImages } = await import("../cluster/node-images.ts");
        const rows = (await nodeImages(directory, realClock)).flatMap(({ repoTags, sizeBytes }) =>
          repoTags.map((name) => ({ name, size: `${(sizeBytes / MEGABYTE).toFixed(1)} MB` })),
        );
        const width = Math.max(0, ...rows.map(({ name }) => name.length));
        for (const { name, size } of rows.sort((a, b) => (a.name < b.name ? -1 : 1)))
          console.log(`${name.padEnd(width)}  ${size}`);
      } finally {
        release();
      }
    });
}
