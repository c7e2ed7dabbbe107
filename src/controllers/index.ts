/** The controllers, in one ordered list. A new one is a folder or file here and a line below. */
import type { AnyController, ControlLoop } from "./controller.ts";
import { deploymentController } from "./deployment/controller.ts";
import { namespaceController } from "./namespace/controller.ts";
import { replicaSetController } from "./replica-set/controller.ts";
import { serviceAccountController } from "./service-account/default-account.ts";
import { rootCaPublisher } from "./service-account/root-ca.ts";
import { type TokenSecretsOptions, tokenSecretsController } from "./service-account/token-secrets.ts";

export type ControllerOptions = TokenSecretsOptions;

export const controllers = (options: ControllerOptions): AnyController[] => [
  namespaceController,
  serviceAccountController,
  rootCaPublisher(options.rootCa),
  tokenSecretsController(options),
  deploymentController,
  replicaSetController,
];

/** What is no reconciler of one kind. */
export const loops = (_options: ControllerOptions): ControlLoop[] => [];
