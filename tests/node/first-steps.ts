/** Puts examples/first-steps on a cluster, with images made here. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createExample } from "../../scripts/example-manifests.ts";
import { assembleImages } from "../../scripts/images/assemble.ts";
import { Deployment } from "../../src/api/apps/deployment.ts";
import type { Client } from "../../src/client/client.ts";
import { until } from "./namespaces.ts";
import type { RealCluster } from "./real-cluster.ts";

const root = join(import.meta.dirname, "../..");
const example = join(root, "examples/first-steps");
const AVAILABLE_LIMIT_MS = 120_000;

export const NODE_PORT = 30080;

export async function loadFirstStepsImages({ timonier }: RealCluster): Promise<string> {
  const cacheDirectory = join(root, ".cache/images");
  mkdirSync(cacheDirectory, { recursive: true });
  const archive = await assembleImages({ cacheDirectory, manifest: join(example, "api.yaml"), progress() {} });
  return timonier("image load", archive);
}

export const applyFirstSteps = (client: Client): Promise<void> => createExample(client, example);

export const untilAvailable = (client: Client): Promise<void> =>
  until(
    "the first steps are available",
    async () => {
      const { items } = await client.list(Deployment, { namespace: "default" });
      return items.every(
        ({ metadata, spec, status }) =>
          status.observedGeneration === metadata.generation && (status.availableReplicas ?? 0) === spec.replicas,
      );
    },
    AVAILABLE_LIMIT_MS,
  );
