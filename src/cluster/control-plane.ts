/**
 * API server, controllers and scheduler, put together over a store: what is the same in a server process, in a test and in a browser.
 *
 * Nothing here opens a socket, a file or a process; those who call it give a store, a clock, entropy and a signing key.
 */
import { type LegacyClaims, signToken } from "../apiserver/authn/service-account-token.ts";
import type { TokenKey } from "../apiserver/authn/token-key.ts";
import type { TrustOptions } from "../apiserver/bootstrap/index.ts";
import type { Compressor } from "../apiserver/discovery/index.ts";
import type { DialNode } from "../apiserver/server-parts.ts";
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import type { HttpHandler, Origin, UserInfo } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import type { Client } from "../client/client.ts";
import { createEventRecorder } from "../client/event-recorder.ts";
import { createClient } from "../client/http-client.ts";
import type { Informers } from "../client/informer.ts";
import { createInformers } from "../client/informers.ts";
import {
  allControllers,
  allLoops,
  type CertificateSigner,
  type ControllersConfiguration,
  startControllers,
} from "../controllers/index.ts";
import { startScheduler } from "../scheduler/scheduler.ts";
import type { Store } from "../store/store.ts";
import type { ProcessFigures } from "../telemetry/index.ts";
import { startApiServer } from "./api-server.ts";
import type { Component } from "./config.ts";
import { CONTROLLER_MANAGER, controllerIdentity, SCHEDULER } from "./identities.ts";

export interface ControlPlaneOptions {
  store: Store;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
  tokenKey: Promise<TokenKey>;
  serviceAccountIssuer: string;
  /** The authorities that clients and Pods trust, and where the API is served. */
  trust: TrustOptions;
  podCidr: string;
  serviceCidr: string;
  clusterDomain: string;
  disabled: ReadonlySet<Component>;
  dialNode?: DialNode;
  dialAddress?: (origin: Origin) => HttpHandler | undefined;
  compressor?: Compressor;
  /** Signs requests for certificates; without one they stay unsigned. */
  signer?: CertificateSigner | undefined;
  /** `host:port` that discovery names. */
  serverAddress?: () => string;
  /** Figures of the process, for /metrics. */
  process?: ProcessFigures;
}

export interface ControlPlane {
  readonly handle: HttpHandler;
  /** A client in this process that acts as `user`. */
  clientFor(user: UserInfo, userAgent: string): Client;
  /** Shared by what runs in this process with the rights of all controllers. */
  readonly informers: Informers;
  /** Resolves when every component that is switched on has seen all that is there. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { clock, entropy, logger, disabled } = options;
  const server = await startApiServer(options);
  const clientFor = (user: UserInfo, userAgent: string): Client =>
    createClient({ transport: server.handle, clock, user, userAgent });
  const ofControllers = logger.with({ component: "controllers" });
  const informers = createInformers({
    client: clientFor(CONTROLLER_MANAGER, "kube-controller-manager"),
    clock,
    entropy,
    logger: ofControllers,
  });
  const stops: (() => Promise<void>)[] = [() => informers.stop(), () => server.close()];
  if (!disabled.has("controllers")) {
    const forControllers: ControllersConfiguration = {
      rootCa: options.trust.ca,
      sign: async (claims) => signToken(await options.tokenKey, claims as unknown as LegacyClaims),
      podCidr: options.podCidr,
      signer: options.signer,
    };
    const running = startControllers({
      controllers: allControllers(forControllers),
      loops: allLoops(),
      informers,
      clientFor: (account) => clientFor(controllerIdentity(account), "kube-controller-manager"),
      clock,
      entropy,
      logger: ofControllers,
    });
    stops.unshift(() => running.stop());
  }
  if (!disabled.has("scheduler")) {
    const client = clientFor(SCHEDULER, "kube-scheduler");
    const events = createEventRecorder({ client, clock, entropy, component: "default-scheduler", logger });
    const scheduler = startScheduler({
      client,
      informers,
      events,
      clock,
      entropy,
      logger: logger.with({ component: "scheduler" }),
    });
    stops.unshift(async () => {
      await scheduler.stop();
      events.stop();
    });
  }
  return {
    handle: server.handle,
    clientFor,
    informers,
    ready: () => informers.synced(),
    async stop() {
      for (const stop of stops) await stop();
    },
  };
}
