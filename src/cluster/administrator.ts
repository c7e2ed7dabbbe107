/** A client with the rights of a kubeconfig, for commands. */
import type { Clock } from "../base/clock.ts";
import { systemEntropy } from "../base/entropy.ts";
import { silentLogger } from "../base/logger.ts";
import { type ComponentConnection, connectComponent } from "./component-connection.ts";

export const connectAsAdministrator = (kubeconfig: string, clock: Clock): Promise<ComponentConnection> =>
  connectComponent({ kubeconfig, userAgent: "timonier", clock, entropy: systemEntropy, logger: silentLogger });
