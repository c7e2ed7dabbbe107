/** `timonier up`: starts a cluster, says when it is ready, and ends it cleanly on SIGINT and SIGTERM. */
import { hostname } from "node:os";
import type { Command } from "commander";
import { clusterConfig, type RawOptions } from "../cluster/config.ts";
import { defaultDataDirectory } from "../cluster/data-directory.ts";
import { runCluster } from "../cluster/run.ts";

export function addUp(program: Command): void {
  program
    .command("up")
    .description("start the cluster")
    .option("--data-dir <directory>", "where the cluster is kept")
    .option("--port <port>", "port of the API; 0 takes a free one", "6443")
    .option("--bind-address <address>", "address of the API besides the node's own", "127.0.0.1")
    .option("--node-ip <address>", "address of this node; a private one of its own by default")
    .option("--node-name <name>", "name of this node; the host's by default")
    .option("--runtime <runtime>", "auto, containerd or simulated")
    .option("--runtime-endpoint <socket>", "a CRI socket to use instead of a containerd of our own")
    .option("--simulated-nodes <count>", "how many nodes to simulate")
    .option("--pod-cidr <range>", "addresses of Pods")
    .option("--service-cidr <range>", "addresses of Services")
    .option("--cluster-domain <domain>", "DNS domain of the cluster", "cluster.local")
    .option("--service-account-issuer <url>", "issuer of ServiceAccount tokens")
    .option("--kubeconfig <file>", "where to write the administrator's kubeconfig")
    .option("--disable <components>", "leave out scheduler, controllers, proxy, dns (separated by commas)")
    .option("--detach", "return once the cluster is ready, and leave it running")
    .action(async (options: RawOptions & { detach?: boolean }) => {
      const startMs = performance.timeOrigin;
      const config = clusterConfig(options, { hostname: hostname(), defaultDataDirectory: defaultDataDirectory() });
      await runCluster(config, { startMs });
    });
}
