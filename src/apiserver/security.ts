/**
 * Who may call the API server and what they may do, put together: authenticators, authorizers, admission plugins, reviews and the
 * documents for verifying tokens. They are handed to `createApiServer`, and read its cache once `start` has been given the server.
 * https://kubernetes.io/docs/concepts/security/controlling-access/
 */

import { LimitRange } from "../api/core/limit-range.ts";
import { Namespace } from "../api/core/namespace.ts";
import { Node } from "../api/core/node.ts";
import { Pod } from "../api/core/pod/pod.ts";
import { ResourceQuota } from "../api/core/resource-quota.ts";
import { Secret } from "../api/core/secret.ts";
import { ServiceAccount } from "../api/core/service-account.ts";
import { IngressClass } from "../api/networking/ingress-class.ts";
import { RuntimeClass } from "../api/node/runtime-class.ts";
import type { AnyResource } from "../api/row.ts";
import { PriorityClass } from "../api/scheduling/priority-class.ts";
import { StorageClass } from "../api/storage/storage-class.ts";
import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import { admissionPlugins } from "./admission/index.ts";
import type { AdmissionPlugin, AdmissionReader } from "./admission/plugin.ts";
import type { Authenticator } from "./authn/authenticator.ts";
import { clientCertificateAuthenticator } from "./authn/client-certificate.ts";
import { openIdRoute } from "./authn/openid-documents.ts";
import { bearerAuthenticator, tokenAuthenticator } from "./authn/service-account.ts";
import type { TokenKey } from "./authn/token-key.ts";
import type { Authorizer } from "./authz/authorizer.ts";
import { authorization } from "./authz/index.ts";
import { reviewResources } from "./reviews/index.ts";
import type { ApiServer } from "./server.ts";
import type { Route } from "./verbs/index.ts";
import type { VirtualResource } from "./virtual-resource.ts";

export interface SecurityOptions {
  clock: Clock;
  entropy: Entropy;
  /** May still be under way: only tokens wait for it. */
  tokenKey: Promise<TokenKey>;
  /** Who signs ServiceAccount tokens, as a URL. */
  issuer: string;
  /** Whom tokens for this server are meant for; the issuer where absent. */
  audiences?: readonly string[];
  /** Where others find the public keys; below the issuer where absent. */
  jwksUri?: string;
}

export interface Security {
  readonly authenticators: readonly Authenticator[];
  readonly authorizers: readonly Authorizer[];
  readonly admission: readonly AdmissionPlugin[];
  readonly virtualResources: readonly VirtualResource[];
  readonly routes: readonly Route[];
  /** Loads what is read here and follows it. No request may be answered before. */
  start(server: Pick<ApiServer, "reader" | "feed" | "load">): Promise<void>;
  stop(): void;
}

/** What authenticators, authorizers and plugins read of the cache without I/O. */
const READ: readonly AnyResource[] = [
  Namespace,
  LimitRange,
  ResourceQuota,
  ServiceAccount,
  Secret,
  Pod,
  Node,
  PriorityClass,
  StorageClass,
  IngressClass,
  RuntimeClass,
];

/** A reader that is there before its server is. */
function lateReader(): { reader: AdmissionReader; bind(to: AdmissionReader): void } {
  let bound: AdmissionReader | undefined;
  const now = (): AdmissionReader => {
    assert(bound, "security reads the cache before it was started");
    return bound;
  };
  return {
    reader: {
      identity: (row, namespace, name) => now().identity(row, namespace, name),
      get: (row, namespace, name) => now().get(row, namespace, name),
      list: (row, namespace) => now().list(row, namespace),
    },
    bind(to) {
      bound = to;
    },
  };
}

export function createSecurity(options: SecurityOptions): Security {
  const { clock, entropy, tokenKey, issuer, audiences = [issuer], jwksUri = `${issuer}/openid/v1/jwks` } = options;
  const { reader, bind } = lateReader();
  const { authorizers, rbac: index, follow } = authorization();
  const authenticateToken = tokenAuthenticator({ key: tokenKey, issuer, audiences, clock, reader });
  let end = (): void => {};
  return {
    authenticators: [clientCertificateAuthenticator(clock), bearerAuthenticator(authenticateToken, audiences)],
    authorizers,
    admission: admissionPlugins({ index, authorizers }),
    virtualResources: reviewResources({
      authorizers,
      index,
      authenticateToken,
      token: { key: tokenKey, issuer, audiences, clock, entropy, reader },
    }),
    routes: [openIdRoute({ issuer, jwksUri, key: tokenKey })],
    async start({ reader: to, feed, load }) {
      await load(READ);
      bind(to);
      end = await follow(feed);
    },
    stop() {
      end();
    },
  };
}
