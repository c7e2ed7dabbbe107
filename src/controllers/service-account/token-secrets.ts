/**
 * Fills Secrets of type `kubernetes.io/service-account-token`, and deletes those whose account is gone.
 *
 * The old way to a token that does not expire; Pods get theirs from TokenRequest.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#token-controller
 */
import { Secret } from "../../api/core/secret.ts";
import { ServiceAccount } from "../../api/core/service-account.ts";
import { isNotFound } from "../../api/errors.ts";
import { keyOf, objectKey } from "../../api/meta.ts";
import { encodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type Controller, type ControllerContext, index, on } from "../controller.ts";

const TYPE = "kubernetes.io/service-account-token";
const ACCOUNT_NAME = "kubernetes.io/service-account.name";
const ACCOUNT_UID = "kubernetes.io/service-account.uid";
const BY_ACCOUNT = "service-account-token";

export interface TokenSecretsOptions {
  /** PEM. */
  rootCa: string;
  /** Signs claims with the ServiceAccount key; they name no expiry. */
  sign(claims: Readonly<Record<string, string>>): Promise<string>;
}

const accountNameOf = (secret: DeepReadonly<Secret>): string =>
  secret.type === TYPE ? (secret.metadata.annotations?.[ACCOUNT_NAME] ?? "") : "";

const base64 = (text: string): string => encodeBase64(encodeUtf8(text));

/** The account as the server has it: a Secret is only deleted when it is really gone. */
async function liveAccount(secret: DeepReadonly<Secret>, { client }: ControllerContext): Promise<ServiceAccount | undefined> {
  try {
    return await client.get(ServiceAccount, { namespace: secret.metadata.namespace, name: accountNameOf(secret) });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** What is missing in the Secret, if anything. */
async function completed(
  secret: DeepReadonly<Secret>,
  account: DeepReadonly<ServiceAccount>,
  { rootCa, sign }: TokenSecretsOptions,
): Promise<DeepReadonly<Secret>> {
  const { namespace, name } = secret.metadata;
  const { name: accountName, uid } = account.metadata;
  const token = secret.data?.token ?? "";
  const data: Record<string, string> = { ...secret.data, "ca.crt": base64(rootCa) };
  data.namespace ||= base64(namespace);
  if (token === "") {
    data.token = base64(
      await sign({
        iss: "kubernetes/serviceaccount",
        "kubernetes.io/serviceaccount/namespace": namespace,
        "kubernetes.io/serviceaccount/secret.name": name,
        "kubernetes.io/serviceaccount/service-account.name": accountName,
        "kubernetes.io/serviceaccount/service-account.uid": uid,
        sub: `system:serviceaccount:${namespace}:${accountName}`,
      }),
    );
  }
  const annotations = { ...secret.metadata.annotations, [ACCOUNT_UID]: uid };
  return { ...secret, metadata: { ...secret.metadata, annotations }, data };
}

export function tokenSecretsController(options: TokenSecretsOptions): Controller<Secret> {
  const rootCa = base64(options.rootCa);
  const isComplete = ({ data = {}, metadata }: DeepReadonly<Secret>, uid: string): boolean =>
    data["ca.crt"] === rootCa && !!data.namespace && !!data.token && metadata.annotations?.[ACCOUNT_UID] === uid;
  return {
    name: "tokens-controller",
    account: "kube-controller-manager",
    reconciles: Secret,
    indexes: [
      index(Secret, BY_ACCOUNT, (secret) =>
        accountNameOf(secret) ? [objectKey(secret.metadata.namespace, accountNameOf(secret))] : [],
      ),
    ],
    wokenBy: [on(ServiceAccount, (account, listers) => listers.byIndex(Secret, BY_ACCOUNT, keyOf(account)).map(keyOf))],
    async reconcile(secret, context) {
      const accountName = accountNameOf(secret);
      if (accountName === "") return;
      const { client, listers } = context;
      const { namespace, name, uid } = secret.metadata;
      const wanted = secret.metadata.annotations?.[ACCOUNT_UID];
      const cached = listers.get(ServiceAccount, namespace, accountName);
      const fits = (account: DeepReadonly<ServiceAccount> | undefined) =>
        account !== undefined && (!wanted || wanted === account.metadata.uid);
      const account = fits(cached) ? cached : await liveAccount(secret, context);
      if (account === undefined || !fits(account)) await client.delete(Secret, { namespace, name }, { uid });
      else if (!isComplete(secret, account.metadata.uid)) {
        const whole = await completed(secret, account, options);
        await client.update<Secret>(Secret, whole);
      }
    },
  };
}
