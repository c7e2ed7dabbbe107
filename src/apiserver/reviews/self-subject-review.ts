/** Who am I? https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review */
import { formatTime } from "../../api/time.ts";
import type { Clock } from "../../base/clock.ts";
import type { VirtualResource } from "../virtual-resource.ts";
import { shownUser } from "./user-info.ts";

export const selfSubjectReview = (clock: Clock): VirtualResource => ({
  group: "authentication.k8s.io",
  resource: "selfsubjectreviews",
  subresource: "",
  create: ({ object, user }) => ({
    ...object,
    metadata: { creationTimestamp: formatTime(clock.now()) },
    status: { userInfo: shownUser(user) },
  }),
});
