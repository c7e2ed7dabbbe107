/** A component of the node and its way to the API: credentials, and so rights, of its own. */
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { Logger } from "../base/logger.ts";
import type { Client } from "../client/client.ts";
import { createClient } from "../client/http-client.ts";
import type { Informers } from "../client/informer.ts";
import { createInformers } from "../client/informers.ts";
import { readKubeconfig } from "../pki/kubeconfig.ts";
import { wireClient } from "../wire/client.ts";

/** A node's components send short requests in bursts, and each connection costs both sides a handshake and memory. */
const CONNECTIONS = 8;

export interface ComponentOptions {
  kubeconfig: string;
  userAgent: string;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
}

export interface ComponentConnection {
  client: Client;
  informers: Informers;
  close(): Promise<void>;
}

export async function connectComponent(options: ComponentOptions): Promise<ComponentConnection> {
  const { kubeconfig, userAgent, clock, entropy, logger } = options;
  const { server, ca, certificate, key } = await readKubeconfig(kubeconfig);
  const wire = wireClient({
    server,
    connections: CONNECTIONS,
    ...(ca ? { ca } : {}),
    ...(certificate ? { certificate } : {}),
    ...(key ? { key } : {}),
  });
  const client = createClient({ transport: wire.handle, clock, userAgent });
  const informers = createInformers({ client, clock, entropy, logger });
  return {
    client,
    informers,
    async close() {
      await informers.stop();
      wire.close();
    },
  };
}
