/**
 * NamespaceLifecycle: nothing is written into a namespace that is not there, nothing new into one that is being deleted, and the
 * namespaces on which the cluster stands stay.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespacelifecycle
 */
import { Namespace } from "../../../api/core/namespace.ts";
import { ApiError, forbidden, notFound } from "../../../api/errors.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts";
import { refusal } from "../refusal.ts";

const PROTECTED: readonly string[] = ["default", "kube-system", "kube-public"];

function terminating(request: AdmissionRequest): ApiError {
  const { namespace } = request;
  const { code, reason, message, details } = refusal(
    request,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace",
  };
  return new ApiError({ code, reason, message, details: { ...details, causes: [cause] } });
}

export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",
  // Whoever asks about a namespace that is gone gets an answer, not a 404.
  handles: (operation, row) => operation !== "CONNECT" && row.resource !== "localsubjectaccessreviews",
  mutate(request, { reader }) {
    const { operation, row, namespace, name } = request;
    if (row === Namespace) {
      if (operation === "DELETE" && PROTECTED.includes(name)) throw forbidden(row, name, "this namespace may not be deleted");
      return;
    }
    if (!row.namespaced || namespace === "" || operation === "DELETE") return;
    const found = reader.get(Namespace, "", namespace) as DeepReadonly<Namespace> | undefined;
    if (found === undefined) throw notFound(Namespace, namespace);
    if (operation === "CREATE" && found.status?.phase === "Terminating") throw terminating(request);
  },
};
