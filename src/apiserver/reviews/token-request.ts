/**
 * serviceaccounts/token: a token for a ServiceAccount, bound to an object if asked for, and not kept anywhere.
 * https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
 */
import { Node } from "../../api/core/node.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { Secret } from "../../api/core/secret.ts";
import { badRequest, conflict, invalid, notFound, type StatusCause } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import { formatTime } from "../../api/time.ts";
import { report } from "../../api/validation-report.ts";
import type { Clock } from "../../base/clock.ts";
import { type Entropy, uuid } from "../../base/entropy.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { AdmissionReader } from "../admission/plugin.ts";
import { accountUser, type BoundClaims, type ObjectIdentity, signToken } from "../authn/service-account-token.ts";
import type { TokenKey } from "../authn/token-key.ts";
import type { VirtualRequest, VirtualResource } from "../virtual-resource.ts";

interface BoundObjectReference {
  kind?: string;
  apiVersion?: string;
  name?: string;
  uid?: string;
}

export interface TokenRequest extends KubernetesObject {
  spec?: { audiences?: string[]; expirationSeconds?: number; boundObjectRef?: BoundObjectReference | null };
  status?: { token: string; expirationTimestamp: string };
}

export interface TokenRequestOptions {
  key: Promise<TokenKey>;
  issuer: string;
  audiences: readonly string[];
  clock: Clock;
  entropy: Entropy;
  reader: AdmissionReader;
}

const DEFAULT_SECONDS = 3600;
const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;
/**
 * What the ServiceAccount plugin asks for in Pods. Such tokens live a year for clients that never read theirs again, and are counted
 * as stale after the time asked for.
 */
const EXTENDED_REQUEST_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

function validate(seconds: number): void {
  const causes: StatusCause[] = [];
  const at = report(causes).at("spec", "expirationSeconds");
  if (seconds < LEAST_SECONDS) at.invalid(seconds, "may not specify a duration less than 10 minutes");
  if (seconds > MOST_SECONDS) at.invalid(seconds, "may not specify a duration larger than 2^32 seconds");
  if (causes.length > 0) throw invalid({ group: "authentication.k8s.io", kind: "TokenRequest" }, "", causes);
}

const identityOf = ({ metadata: { name, uid } }: DeepReadonly<KubernetesObject>): ObjectIdentity => ({ name, uid });

/** The object in the token's reference; it must be there, and be the one that is meant. */
function boundObject(
  reader: AdmissionReader,
  row: AnyResource,
  namespace: string,
  { name = "", uid }: BoundObjectReference,
): DeepReadonly<KubernetesObject> {
  const found = reader.get(row, namespace, name);
  if (found === undefined) throw notFound(row, name);
  if (uid && uid !== found.metadata.uid)
    throw conflict(
      { group: "", resource: row.kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return found;
}

/** What the token says of the object that it is bound to: with it, the token ends. */
function bindingTo(
  reference: BoundObjectReference,
  account: { namespace: string; name: string },
  reader: AdmissionReader,
): Partial<BoundClaims> {
  const { namespace, name } = account;
  switch (`${reference.apiVersion}/${reference.kind}`) {
    case "v1/Pod": {
      const pod = boundObject(reader, Pod, namespace, reference) as DeepReadonly<Pod>;
      if (pod.spec.serviceAccountName !== name)
        throw badRequest(`cannot bind token for serviceaccount "${name}" to pod running with different serviceaccount name.`);
      const { nodeName } = pod.spec;
      const node = nodeName ? reader.get(Node, "", nodeName) : undefined;
      return { pod: identityOf(pod), ...(node ? { node: identityOf(node) } : {}) };
    }
    case "v1/Secret":
      return { secret: identityOf(boundObject(reader, Secret, namespace, reference)) };
    case "v1/Node":
      return { node: identityOf(boundObject(reader, Node, "", reference)) };
    default:
      throw badRequest(`cannot bind token to object of type ${kindOf(reference)}`);
  }
}

export function tokenRequest(options: TokenRequestOptions): VirtualResource {
  const { key, issuer, audiences: ownAudiences, clock, entropy, reader } = options;

  async function create({ object, parent, namespace, name }: VirtualRequest): Promise<object> {
    const { metadata, spec = {} } = object as TokenRequest;
    if (metadata?.name && metadata.name !== name)
      throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
    if (parent === undefined) throw notFound({ group: "", resource: "serviceaccounts" }, name);
    const audiences = spec.audiences?.length ? spec.audiences : [...ownAudiences];
    const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS;
    validate(seconds);
    const reference = spec.boundObjectRef ?? null;
    const binding = reference === null ? {} : bindingTo(reference, { namespace, name }, reader);
    const isExtended =
      binding.pod !== undefined && seconds === EXTENDED_REQUEST_SECONDS && audiences.every((each) => ownAudiences.includes(each));
    const now = Math.floor(clock.now() / 1000);
    const token = await signToken(await key, {
      iss: issuer,
      sub: accountUser(namespace, name),
      aud: audiences,
      exp: now + (isExtended ? EXTENDED_SECONDS : seconds),
      iat: now,
      nbf: now,
      jti: uuid(entropy),
      "kubernetes.io": {
        namespace,
        serviceaccount: identityOf(parent),
        ...binding,
        ...(isExtended ? { warnafter: now + seconds } : {}),
      },
    });
    return {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: { name, namespace, uid: uuid(entropy), creationTimestamp: formatTime(clock.now()) },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: reference },
      status: { token, expirationTimestamp: formatTime(clock.now() + seconds * 1000) },
    };
  }

  return { group: "", resource: "serviceaccounts", subresource: "token", create };
}

/** Go's form of a group, version and kind. */
function kindOf({ apiVersion = "", kind = "" }: BoundObjectReference): string {
  return `${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}
