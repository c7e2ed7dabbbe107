/**
 * Defaults and field errors of admission webhooks.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as admission from "../generated/admissionregistration-v1.ts";
import { dns1035LabelErrors, dnsSubdomainErrors, portNumberErrors } from "../names.ts";
import { follows, oneOf, requiredOneOf, validateLabelSelector } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { defaultRules, validateConditions, validateRules } from "./rules.ts";

type Webhook = admission.ValidatingWebhook | admission.MutatingWebhook;

const URL_FORM = "; desired format: https://host[/path]";
const REVIEW_VERSIONS = ["v1", "v1beta1"];
const HTTPS_PORT = 443;
const DEFAULT_TIMEOUT_SECONDS = 10;
const MAX_TIMEOUT_SECONDS = 30;

export function defaultWebhook(webhook: Webhook): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= DEFAULT_TIMEOUT_SECONDS;
  if (webhook.clientConfig.service) webhook.clientConfig.service.port ??= HTTPS_PORT;
  defaultRules(webhook.rules);
}

/** `a.b.c`: a name that nobody else has. */
function validateName(name: string, report: Report): void {
  if (!name) return report.required();
  follows(name, dnsSubdomainErrors, report);
  if (name.split(".").length < 3) report.invalid(name, "should be a domain with at least three segments separated by dots");
}

/** A URL that a server is called at. */
function validateWebhookUrl(text: string, report: Report): void {
  if (!URL.canParse(text)) return report.required(`url must be a valid URL: parse ${JSON.stringify(text)}${URL_FORM}`);
  const { protocol, host, username, hash, search } = new URL(text);
  if (protocol !== "https:") report.invalid(protocol.slice(0, -1), `'https' is the only allowed URL scheme${URL_FORM}`);
  if (!host) report.invalid(host, `host must be specified${URL_FORM}`);
  if (username) report.invalid(username, "user information is not permitted in the URL");
  if (hash) report.invalid(hash.slice(1), "fragments are not permitted in the URL");
  if (search) report.invalid(search.slice(1), "query parameters are not permitted in the URL");
}

function validateWebhookService(
  { name, namespace, port = HTTPS_PORT, path }: DeepReadonly<admission.ServiceReference>,
  report: Report,
): void {
  if (!name) report.at("name").required("service name is required");
  if (!namespace) report.at("namespace").required("service namespace is required");
  for (const complaint of portNumberErrors(port)) report.at("port").invalid(port, `port is not valid: ${complaint}`);
  if (path === undefined || path === "" || path === "/") return;
  const here = report.at("path");
  if (!path.startsWith("/")) return here.invalid(path, "must start with a '/'");
  const segments = path.slice(1).replace(/\/$/, "").split("/");
  segments.forEach((segment, index) => {
    if (segment === "") return here.invalid(path, `segment[${index}] may not be empty`);
    for (const complaint of dnsSubdomainErrors(segment)) here.invalid(path, `segment[${index}]: ${complaint}`);
  });
}

function validateClient({ url, service }: DeepReadonly<admission.WebhookClientConfig>, report: Report): void {
  if ((url === undefined) === (service === undefined)) report.required("exactly one of url or service is required");
  else if (url !== undefined) validateWebhookUrl(url, report.at("url"));
  else if (service) validateWebhookService(service, report.at("service"));
}

function validateReviewVersions(versions: readonly string[] | null | undefined, report: Report): void {
  if (!versions?.length) return report.required("must specify one of v1, v1beta1");
  const seen = new Set<string>();
  versions.forEach((version, index) => {
    if (seen.has(version)) report.at(index).invalid(version, "duplicate version");
    seen.add(version);
    follows(version, dns1035LabelErrors, report.at(index));
  });
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version)))
    report.invalid(versions, "must include at least one of v1, v1beta1");
}

function validateWebhook(webhook: DeepReadonly<Webhook>, report: Report): void {
  validateName(webhook.name, report.at("name"));
  validateReviewVersions(webhook.admissionReviewVersions, report.at("admissionReviewVersions"));
  validateRules(webhook.rules, report.at("rules"));
  if (webhook.failurePolicy !== undefined) oneOf(webhook.failurePolicy, ["Fail", "Ignore"], report.at("failurePolicy"));
  if (webhook.matchPolicy !== undefined) oneOf(webhook.matchPolicy, ["Equivalent", "Exact"], report.at("matchPolicy"));
  const here = report.at("sideEffects");
  if (!webhook.sideEffects) here.required("must specify one of None, NoneOnDryRun");
  else oneOf(webhook.sideEffects, ["None", "NoneOnDryRun"], here);
  const seconds = webhook.timeoutSeconds;
  if (seconds !== undefined && (seconds < 1 || seconds > MAX_TIMEOUT_SECONDS))
    report.at("timeoutSeconds").invalid(seconds, "the timeout value must be between 1 and 30 seconds");
  validateLabelSelector(webhook.namespaceSelector, report.at("namespaceSelector"));
  validateLabelSelector(webhook.objectSelector, report.at("objectSelector"));
  validateClient(webhook.clientConfig, report.at("clientConfig"));
  if ("reinvocationPolicy" in webhook)
    requiredOneOf(webhook.reinvocationPolicy, ["IfNeeded", "Never"], report.at("reinvocationPolicy"));
  validateConditions(webhook.matchConditions, report.at("matchConditions"));
}

export function validateWebhooks(webhooks: readonly DeepReadonly<Webhook>[] | undefined, report: Report): void {
  const names = new Set<string>();
  webhooks?.forEach((webhook, index) => {
    const here = report.at("webhooks", index);
    validateWebhook(webhook, here);
    if (webhook.name && names.has(webhook.name)) here.at("name").duplicate(webhook.name);
    names.add(webhook.name);
  });
}
