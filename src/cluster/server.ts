/**
 * The server process: store, keys and sockets around the control plane, and simulated nodes where no real one runs.
 */
import { gzip } from "node:zlib";
import { rsaTokenKey } from "../apiserver/authn/token-key.ts";
import type { DialNode } from "../apiserver/server-parts.ts";
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { HttpHandler, Origin } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import { type ClusterPki, openClusterPki } from "../pki/cluster-pki.ts";
import { writeKubeconfig } from "../pki/kubeconfig.ts";
import { openLmdbStore } from "../store/lmdb/lmdb-store.ts";
import { serve, type WireServer } from "../wire/server.ts";
import { firstAddressOf } from "./addresses.ts";
import type { ClusterConfig } from "./config.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type DataDirectory, dataDirectory, makeDataDirectory } from "./data-directory.ts";
import { ADMINISTRATOR } from "./identities.ts";
import { processFigures } from "./process-figures.ts";

export interface ServerOptions {
  config: ClusterConfig;
  /** Addresses on which the API is served; the first is in the kubeconfig. */
  addresses: readonly string[];
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
  /** The store cannot go on: the process must end. */
  onFatal(error: Error): void;
  dialNode: DialNode;
  /** Gives nothing where Pods have no network. */
  dialAddress(origin: Origin): HttpHandler | undefined;
}

export interface Server {
  readonly controlPlane: ControlPlane;
  readonly pki: ClusterPki;
  readonly directory: DataDirectory;
  /** `https://address:port` */
  readonly url: string;
  readonly port: number;
  /** Ends watches and connections, then components, then the store. */
  stop(): Promise<void>;
}

const compressor = {
  gzip: (bytes: Uint8Array): Promise<Uint8Array> =>
    new Promise((resolve, reject) => gzip(bytes, { level: 1 }, (error, packed) => (error ? reject(error) : resolve(packed)))),
};

/** Names under which clients reach the API, in Pods and outside. */
function serverNames({ serviceCidr, clusterDomain }: ClusterConfig, addresses: readonly string[]): string[] {
  const service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", `kubernetes.default.svc.${clusterDomain}`];
  return [...new Set([...service, "localhost", "127.0.0.1", firstAddressOf(serviceCidr), ...addresses])];
}

async function listen(options: ServerOptions, pki: ClusterPki, handler: HttpHandler): Promise<WireServer[]> {
  const { config, addresses, clock, logger } = options;
  const identity = pki.server("apiserver", "kube-apiserver", serverNames(config, addresses));
  const tls = { certificate: identity.certificate, key: identity.key, clientCa: pki.ca };
  const servers: WireServer[] = [];
  for (const address of addresses) {
    const port = servers[0]?.port ?? config.port;
    servers.push(await serve({ handler, tls, address, port, clock, log: logger }));
  }
  return servers;
}

export async function startServer(options: ServerOptions): Promise<Server> {
  const { config, addresses, clock, entropy, logger } = options;
  const directory = dataDirectory(config.dataDirectory);
  makeDataDirectory(directory);
  const pki = openClusterPki({ directory: directory.pki, clock, entropy });
  const store = await openLmdbStore({ directory: directory.store, clock, logger, onFatal: options.onFatal });
  const { controlPlane, servers } = await startOnStore();
  const port = servers[0]?.port ?? config.port;
  const url = `https://${addresses[0]}:${port}`;
  const administrator = pki.client("admin", ADMINISTRATOR.name, ADMINISTRATOR.groups, ADMINISTRATOR.uid);
  writeKubeconfig(config.kubeconfig, { server: url, ca: pki.ca, certificate: administrator.certificate, key: administrator.key });
  return {
    controlPlane,
    pki,
    directory,
    url,
    port,
    async stop() {
      await Promise.all(servers.map((server) => server.close()));
      await controlPlane.stop();
      await store.close();
    },
  };

  async function startOnStore() {
    let controlPlane: ControlPlane | undefined;
    try {
      let serverAddress = "";
      controlPlane = await startControlPlane({
        ...config,
        store,
        clock,
        entropy,
        logger,
        tokenKey: pki.serviceAccountKey.then(rsaTokenKey),
        trust: { ca: pki.ca, frontProxyCa: pki.frontProxyCa, server: `https://${addresses.at(-1)}:${config.port}` },
        signer: pki.signer,
        dialNode: options.dialNode,
        dialAddress: options.dialAddress,
        compressor,
        serverAddress: () => serverAddress,
        process: processFigures,
      });
      const servers = await listen(options, pki, controlPlane.handle);
      // As the kubeconfig names it, which upstream's does by the same address.
      serverAddress = `${addresses[0]}:${servers[0]?.port ?? config.port}`;
      return { controlPlane, servers };
    } catch (error) {
      await controlPlane?.stop();
      await store.close();
      throw error;
    }
  }
}
