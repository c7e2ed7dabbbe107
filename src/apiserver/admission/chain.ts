/**
 * Runs admission plugins in the one order in which they are listed: all mutating ones, then all validating ones. Where every plugin
 * answers at once, so does the chain.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
import type { Clock } from "../../base/clock.ts";
import type { Entropy } from "../../base/entropy.ts";
import type { Operation } from "../../store/store.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionReader, AdmissionRequest } from "./plugin.ts";

export interface AdmissionChain {
  /** Extra operations of plugins are appended to `operations`. */
  mutate(request: AdmissionRequest, operations: Operation[]): Promise<void>;
  validate(request: AdmissionRequest, operations: Operation[]): Promise<void>;
}

export interface AdmissionChainOptions {
  plugins: readonly AdmissionPlugin[];
  reader: AdmissionReader;
  clock: Clock;
  entropy: Entropy;
}

export function admissionChain({ plugins, reader, clock, entropy }: AdmissionChainOptions): AdmissionChain {
  const contextOf = (operations: Operation[]): AdmissionContext => ({
    reader,
    clock,
    entropy,
    alsoCommit: (operation) => void operations.push(operation),
  });

  async function run(phase: "mutate" | "validate", request: AdmissionRequest, operations: Operation[]): Promise<void> {
    const context = contextOf(operations);
    for (const plugin of plugins) {
      if (plugin[phase] === undefined) continue;
      if (!plugin.handles(request.operation, request.row, request.subresource)) continue;
      const answer = plugin[phase](request, context);
      if (answer) await answer;
    }
  }

  return {
    mutate: (request, operations) => run("mutate", request, operations),
    validate: (request, operations) => run("validate", request, operations),
  };
}
