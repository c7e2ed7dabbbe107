/**
 * May somebody do something? SubjectAccessReview asks for anybody, LocalSubjectAccessReview within one namespace,
 * SelfSubjectAccessReview for oneself.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
import { badRequest } from "../../api/errors.ts";
import type {
  FieldSelectorAttributes,
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from "../../api/generated/authorization-v1.ts";
import type { UserInfo } from "../../base/http.ts";
import type { Attributes, Authorizer } from "../authz/authorizer.ts";
import { decide } from "../authz-decision.ts";
import type { VirtualResource } from "../virtual-resource.ts";
import { AUTHORIZATION, validateAttributes, validateNoMetadata, validateReview } from "./review-validation.ts";

/** Selectors with a single value for a field are all that authorizers look at. */
function selectorText(selector: FieldSelectorAttributes | undefined): string | undefined {
  if (selector === undefined) return undefined;
  if (selector.rawSelector) return selector.rawSelector;
  const exact = (selector.requirements ?? []).filter(({ operator, values }) => operator === "In" && values?.length === 1);
  return exact.map(({ key, values }) => `${key}=${values?.[0]}`).join(",");
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec, user: UserInfo): Attributes {
  const fieldSelector = selectorText(resourceAttributes?.fieldSelector);
  return {
    user,
    verb: resourceAttributes?.verb ?? nonResourceAttributes?.verb ?? "",
    isResourceRequest: resourceAttributes !== undefined,
    group: resourceAttributes?.group ?? "",
    version: resourceAttributes?.version || "*",
    resource: resourceAttributes?.resource ?? "",
    subresource: resourceAttributes?.subresource ?? "",
    namespace: resourceAttributes?.namespace ?? "",
    name: resourceAttributes?.name ?? "",
    path: nonResourceAttributes?.path ?? "",
    ...(fieldSelector ? { fieldSelector } : {}),
  };
}

function userOf({ user = "", uid, groups = [], extra = {} }: SubjectAccessReviewSpec): UserInfo {
  const lower = Object.entries(extra).map(([key, values]) => [key.toLowerCase(), values ?? []] as const);
  return { name: user, groups, ...(uid ? { uid } : {}), extra: Object.fromEntries(lower) };
}

function statusOf(authorizers: readonly Authorizer[], attributes: Attributes): SubjectAccessReviewStatus {
  const { allowed, denied, reason } = decide(authorizers, attributes);
  return { allowed, ...(denied ? { denied } : {}), ...(reason === "" ? {} : { reason }) };
}

export function accessReviews(authorizers: readonly Authorizer[]): VirtualResource[] {
  return [subjectReview(authorizers), localReview(authorizers), selfReview(authorizers)];
}

function validateSubject({ user, groups }: SubjectAccessReviewSpec, at: Parameters<typeof validateAttributes>[1]): void {
  if (!user && !groups?.length) at.at("user").invalid(user ?? "", "at least one of user or group must be specified");
}

const subjectReview = (authorizers: readonly Authorizer[]): VirtualResource => ({
  group: AUTHORIZATION,
  resource: "subjectaccessreviews",
  subresource: "",
  create({ object }) {
    const review = object as SubjectAccessReview;
    validateReview((at) => {
      validateAttributes(review.spec ?? {}, at.at("spec"));
      validateSubject(review.spec ?? {}, at.at("spec"));
      validateNoMetadata(review, at);
    });
    return { ...review, metadata: {}, status: statusOf(authorizers, attributesOf(review.spec, userOf(review.spec))) };
  },
});

const localReview = (authorizers: readonly Authorizer[]): VirtualResource => ({
  group: AUTHORIZATION,
  resource: "localsubjectaccessreviews",
  subresource: "",
  create({ object, namespace }) {
    const review = object as LocalSubjectAccessReview;
    validateReview((at) => {
      const spec = review.spec ?? {};
      validateAttributes(spec, at.at("spec"));
      validateSubject(spec, at.at("spec"));
      validateNoMetadata(review, at, ["namespace"]);
      if (spec.resourceAttributes && (spec.resourceAttributes.namespace ?? "") !== namespace)
        at.at("spec", "resourceAttributes", "namespace").invalid(
          spec.resourceAttributes.namespace ?? "",
          "must match metadata.namespace",
        );
      if (spec.nonResourceAttributes)
        at.at("spec", "nonResourceAttributes").invalid(spec.nonResourceAttributes, "disallowed on this kind of request");
    });
    const status = statusOf(authorizers, attributesOf(review.spec, userOf(review.spec)));
    return { ...review, metadata: { namespace }, status };
  },
});

const selfReview = (authorizers: readonly Authorizer[]): VirtualResource => ({
  group: AUTHORIZATION,
  resource: "selfsubjectaccessreviews",
  subresource: "",
  create({ object, user }) {
    const review = object as SelfSubjectAccessReview;
    if (user.name === "") throw badRequest("no user present on request");
    validateReview((at) => {
      validateAttributes(review.spec ?? {}, at.at("spec"));
      validateNoMetadata(review, at);
    });
    return { ...review, metadata: {}, status: statusOf(authorizers, attributesOf(review.spec, user)) };
  },
});
