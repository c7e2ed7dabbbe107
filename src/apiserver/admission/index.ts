/**
 * The admission plugins, in upstream's order. A new one is a file in plugins/ and a line here; mutating parts run first, in this
 * order, then validating ones.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
import { type EscalationOptions, rbacEscalation } from "../authz/escalation.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { defaultTolerationSeconds } from "./plugins/default-toleration-seconds.ts";
import { namespaceLifecycle } from "./plugins/namespace-lifecycle.ts";
import { priority } from "./plugins/priority.ts";
import { serviceAccount } from "./plugins/service-account.ts";
import { taintNodesByCondition } from "./plugins/taint-nodes-by-condition.ts";

export type AdmissionPluginOptions = EscalationOptions;

export const admissionPlugins = (options: AdmissionPluginOptions): AdmissionPlugin[] => [
  rbacEscalation(options),
  namespaceLifecycle,
  serviceAccount,
  taintNodesByCondition,
  priority,
  defaultTolerationSeconds,
];
