/**
 * Field errors of admission policies: everything but what only a CEL compiler can tell.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as admission from "../generated/admissionregistration-v1.ts";
import { qualifiedNameErrors } from "../names.ts";
import { oneOf, requiredOneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { validateConditions, validateConstraints } from "./rules.ts";

const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];
const MAX_MESSAGE_BYTES = 5 * 1024;
const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const RESERVED: ReadonlySet<string> = new Set(
  "as break const continue else false for function if import in let loop namespace null package return true var void while".split(
    " ",
  ),
);

function validateParamKind(kind: DeepReadonly<admission.ParamKind> | undefined, report: Report): void {
  if (!kind) return;
  if (!kind.apiVersion) report.at("apiVersion").required();
  else if (kind.apiVersion.split("/").length > 2)
    report.at("apiVersion").invalid(kind.apiVersion, `unexpected GroupVersion string: ${kind.apiVersion}`);
  if (!kind.kind) report.at("kind").required();
}

function validateVariables(variables: readonly DeepReadonly<admission.Variable>[] = [], report: Report): void {
  const seen = new Set<string>();
  variables.forEach(({ name, expression }, index) => {
    const here = report.at(index);
    if (!name) here.at("name").required("name is not specified");
    else if (!IDENTIFIER.test(name) || RESERVED.has(name)) here.at("name").invalid(name, "name is not a valid CEL identifier");
    if (seen.has(name)) here.at("name").duplicate(name);
    seen.add(name);
    if (!expression?.trim()) here.at("expression").required("expression is not specified");
  });
}

function validateValidation(
  { expression, message, messageExpression, reason }: DeepReadonly<admission.Validation>,
  report: Report,
): void {
  if (!expression?.trim()) report.at("expression").required("expression is not specified");
  if (messageExpression !== undefined && messageExpression !== "" && messageExpression.trim() === "")
    report.at("messageExpression").invalid(messageExpression, "must be non-empty if specified");
  if (message !== undefined && message !== "") {
    if (message.trim() === "") report.at("message").invalid(message, "message must be non-empty if specified");
    else if (message.trim().includes("\n")) report.at("message").invalid(message, "message must not contain line breaks");
    if (message.length > MAX_MESSAGE_BYTES) report.at("message").tooLong(MAX_MESSAGE_BYTES);
  }
  if (reason !== undefined) oneOf(reason, REASONS, report.at("reason"));
}

function validateAuditAnnotations(
  annotations: readonly DeepReadonly<admission.AuditAnnotation>[],
  policy: string,
  report: Report,
): void {
  const seen = new Set<string>();
  annotations.forEach(({ key, valueExpression }, index) => {
    const here = report.at(index);
    if (!key) here.at("key").required();
    // The policy's name is the prefix of the key.
    else for (const complaint of qualifiedNameErrors(`${policy}/${key}`)) here.at("key").invalid(key, complaint);
    if (seen.has(key)) here.at("key").duplicate(key);
    seen.add(key);
    if (!valueExpression?.trim()) here.at("valueExpression").required("valueExpression is not specified");
  });
}

export function validateValidatingPolicy(
  { metadata, spec }: DeepReadonly<admission.ValidatingAdmissionPolicy>,
  report: Report,
): void {
  const { validations = [], auditAnnotations = [] } = spec;
  requiredOneOf(spec.failurePolicy, ["Fail", "Ignore"], report.at("failurePolicy"));
  validateParamKind(spec.paramKind, report.at("paramKind"));
  validateConstraints(spec.matchConstraints, report.at("matchConstraints"));
  validateConditions(spec.matchConditions, report.at("matchConditions"));
  validateVariables(spec.variables, report.at("variables"));
  if (validations.length === 0 && auditAnnotations.length === 0) {
    report.at("validations").required("validations or auditAnnotations must be non-empty");
    report.at("auditAnnotations").required("validations or auditAnnotations must be non-empty");
  }
  validations.forEach((validation, index) => {
    validateValidation(validation, report.at("validations", index));
  });
  validateAuditAnnotations(auditAnnotations, metadata.name, report.at("auditAnnotations"));
}

/** What each type of patch fills. */
const PATCHES = { ApplyConfiguration: "applyConfiguration", JSONPatch: "jsonPatch" } as const;

function validateMutation(mutation: DeepReadonly<admission.Mutation>, report: Report): void {
  const { patchType } = mutation;
  requiredOneOf(patchType, Object.keys(PATCHES), report.at("patchType"));
  const wanted = PATCHES[patchType as keyof typeof PATCHES];
  if (wanted === undefined) return;
  for (const field of Object.values(PATCHES)) {
    const here = report.at(field);
    if (field !== wanted && mutation[field]) here.forbidden(`must not be set when patchType is ${patchType}`);
    else if (field === wanted && !mutation[field]) here.required(`must be specified when patchType is ${patchType}`);
    else if (field === wanted && !mutation[field]?.expression?.trim())
      here.at("expression").required("expression is not specified");
  }
}

export function validateMutatingPolicy({ spec }: DeepReadonly<admission.MutatingAdmissionPolicy>, report: Report): void {
  requiredOneOf(spec.failurePolicy, ["Fail", "Ignore"], report.at("failurePolicy"));
  requiredOneOf(spec.reinvocationPolicy, ["IfNeeded", "Never"], report.at("reinvocationPolicy"));
  validateParamKind(spec.paramKind, report.at("paramKind"));
  validateConstraints(spec.matchConstraints, report.at("matchConstraints"));
  validateConditions(spec.matchConditions, report.at("matchConditions"));
  validateVariables(spec.variables, report.at("variables"));
  if (!spec.mutations?.length) report.at("mutations").required("mutations must contain at least one item");
  spec.mutations?.forEach((mutation, index) => {
    validateMutation(mutation, report.at("mutations", index));
  });
}

export function validateActions(actions: readonly string[] = [], report: Report): void {
  if (actions.length === 0) report.required();
  const seen = new Set<string>();
  actions.forEach((action, index) => {
    oneOf(action, ["Audit", "Deny", "Warn"], report.at(index));
    if (seen.has(action)) report.at(index).duplicate(action);
    seen.add(action);
  });
  if (seen.has("Deny") && seen.has("Warn"))
    report.invalid(
      actions,
      "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
    );
}
