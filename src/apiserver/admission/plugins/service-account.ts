/**
 * ServiceAccount: every Pod runs as an account that exists, with that account's token mounted and its pull secrets.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#serviceaccount
 */
import { Namespace } from "../../../api/core/namespace.ts";
import type { Pod as PodObject } from "../../../api/core/pod/pod.ts";
import { Pod } from "../../../api/core/pod/pod.ts";
import { ServiceAccount } from "../../../api/core/service-account.ts";
import type { Container, Volume } from "../../../api/generated/shared.ts";
import { randomSuffix } from "../../../base/entropy.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "../plugin.ts";
import { refusal } from "../refusal.ts";
import { secretComplaint } from "./mountable-secrets.ts";

const DEFAULT_ACCOUNT = "default";
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";
const VOLUME_PREFIX = "kube-api-access-";
const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
/** An hour and a bit: TokenRequest knows by the odd number that nobody chose it. */
const TOKEN_SECONDS = 3607;
/** How long a namespace counts as new, so that its account may still be under way. */
const NEW_NAMESPACE_MS = 10_000;
const WAIT_MS = 500;
const WAIT_TURNS = 50_000;

type Account = DeepReadonly<ServiceAccount>;

const isMirror = (pod: PodObject): boolean => pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined;

/**
 * A namespace and its first Pod are often made in one breath: the controller that makes the default account gets a moment. Turns of
 * the event loop are counted too, since a virtual clock stands still while a request is at work.
 */
async function waitForDefault(namespace: string, { reader, clock }: AdmissionContext): Promise<Account | undefined> {
  const created = reader.get(Namespace, "", namespace)?.metadata.creationTimestamp;
  if (created == null || clock.now() - Date.parse(created) > NEW_NAMESPACE_MS) return undefined;
  const start = clock.monotonic();
  for (let turn = 0; turn < WAIT_TURNS && clock.monotonic() - start < WAIT_MS; turn++) {
    await clock.pause();
    const account = reader.get(ServiceAccount, namespace, DEFAULT_ACCOUNT);
    if (account !== undefined) return account as Account;
  }
  return undefined;
}

function mountToken(pod: PodObject, context: AdmissionContext): void {
  const volumes = pod.spec.volumes ?? [];
  const present = volumes.find(({ name }) => name.startsWith(VOLUME_PREFIX));
  const name = present?.name ?? VOLUME_PREFIX + randomSuffix(context.entropy);
  let isMounted = false;
  const mount = (container: Container): void => {
    // Whoever mounts something there does not want a token.
    if (container.volumeMounts?.some(({ mountPath }) => mountPath === MOUNT_PATH)) return;
    container.volumeMounts = [...(container.volumeMounts ?? []), { mountPath: MOUNT_PATH, name, readOnly: true }];
    isMounted = true;
  };
  pod.spec.initContainers?.forEach(mount);
  pod.spec.containers?.forEach(mount);
  if (isMounted && present === undefined) pod.spec.volumes = [...volumes, tokenVolume(name)];
}

const tokenVolume = (name: string): Volume => ({
  name,
  projected: {
    defaultMode: 0o644,
    sources: [
      { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: "token" } },
      { configMap: { items: [{ key: "ca.crt", path: "ca.crt" }], name: "kube-root-ca.crt" } },
      { downwardAPI: { items: [{ fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" }, path: "namespace" }] } },
    ],
  },
});

/** The kubelet stands for a mirror Pod: it must not get anything through the API that its file could not have. */
function mirrorComplaint({ spec }: PodObject): string | undefined {
  if (spec.serviceAccountName) return "a mirror pod may not reference service accounts";
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const readsSecret =
    spec.volumes?.some(({ secret }) => secret != null) ||
    spec.imagePullSecrets?.length ||
    containers.some(
      ({ env, envFrom }) => env?.some(({ valueFrom }) => valueFrom?.secretKeyRef) || envFrom?.some(({ secretRef }) => secretRef),
    );
  if (readsSecret) return "a mirror pod may not reference secrets";
  const projectsToken = spec.volumes?.some(({ projected }) =>
    projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken),
  );
  return projectsToken ? "a mirror pod may not use ServiceAccountToken volume projections" : undefined;
}

async function accountOf(request: AdmissionRequest, pod: PodObject, context: AdmissionContext): Promise<Account> {
  const { namespace } = request;
  const name = pod.spec.serviceAccountName || DEFAULT_ACCOUNT;
  let found = context.reader.get(ServiceAccount, namespace, name) as Account | undefined;
  if (found === undefined && name === DEFAULT_ACCOUNT) found = await waitForDefault(namespace, context);
  if (found === undefined)
    throw refusal(request, `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`);
  return found;
}

function use(account: Account, pod: PodObject, context: AdmissionContext): void {
  const { spec } = pod;
  spec.serviceAccountName = account.metadata.name;
  // The old name of the same field, which clients still read.
  spec.serviceAccount = account.metadata.name;
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(pod, context);
  if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
    spec.imagePullSecrets = account.imagePullSecrets.map((each) => ({ ...each }));
}

export const serviceAccount: AdmissionPlugin = {
  name: "ServiceAccount",
  handles: (operation, row, subresource) => row === Pod && operation === "CREATE" && subresource === "",
  mutate(request, context) {
    const pod = request.object as PodObject;
    if (isMirror(pod)) return;
    const known = context.reader.get(ServiceAccount, request.namespace, pod.spec.serviceAccountName || DEFAULT_ACCOUNT);
    if (known !== undefined) return use(known as Account, pod, context);
    return accountOf(request, pod, context).then((account) => use(account, pod, context));
  },
  validate(request, { reader }) {
    const pod = request.object as PodObject;
    if (isMirror(pod)) {
      const complaint = mirrorComplaint(pod);
      if (complaint !== undefined) throw refusal(request, complaint);
      return;
    }
    const name = pod.spec.serviceAccountName ?? "";
    if (name === "") throw refusal(request, `no service account specified for pod ${request.namespace}/${pod.metadata.name}`);
    const account = reader.get(ServiceAccount, request.namespace, name) as Account | undefined;
    if (account === undefined)
      throw refusal(request, `error looking up service account ${request.namespace}/${name}: serviceaccount "${name}" not found`);
    const complaint = secretComplaint(account, pod);
    if (complaint !== undefined) throw refusal(request, complaint);
  },
};
