/**
 * Which labels a kubelet may set on its Node: its own, and of Kubernetes' those that describe the machine.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */
const ALLOWED: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/arch",
  "kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.kubernetes.io/region",
  "failure-domain.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);
const ALLOWED_DOMAINS: readonly string[] = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const RESTRICTED_DOMAIN = "node-restriction.kubernetes.io";
const KUBERNETES_DOMAINS: readonly string[] = ["kubernetes.io", "k8s.io"];

const isWithin = (domain: string, of: string): boolean => domain === of || domain.endsWith(`.${of}`);

function isForbidden(label: string): boolean {
  const slash = label.indexOf("/");
  const domain = slash < 0 ? "" : label.slice(0, slash);
  if (isWithin(domain, RESTRICTED_DOMAIN)) return true;
  if (!KUBERNETES_DOMAINS.some((each) => isWithin(domain, each))) return false;
  return !ALLOWED.has(label) && !ALLOWED_DOMAINS.some((each) => isWithin(domain, each));
}

type Labels = Readonly<Record<string, string>> | undefined;

/** The labels that differ and that a kubelet may not set, sorted. */
export function forbiddenLabels(now: Labels, before: Labels): string[] {
  const changed = new Set(
    [...Object.keys(now ?? {}), ...Object.keys(before ?? {})].filter((key) => now?.[key] !== before?.[key]),
  );
  return [...changed].filter(isForbidden).sort();
}
