/**
 * The rules for names and their relatives: each function gives the complaints about a text, in upstream's words; none is fine.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;
const RELAXED_ENVIRONMENT_NAME = /^[ -<>-~]+$/;

const MAX_LABEL_LENGTH = 63;
const MAX_SUBDOMAIN_LENGTH = 253;

const tooLong = (maximum: number): string => `must be no more than ${maximum} bytes`;
const EMPTY_PART = "must be non-empty";

const LABEL_MESSAGE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035_MESSAGE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_MESSAGE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const QUALIFIED_MESSAGE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_MESSAGE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY_MESSAGE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const ENVIRONMENT_MESSAGE = "a valid environment variable name must consist only of printable ASCII characters other than '='";
const WILDCARD_MESSAGE =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const PATH_MESSAGE = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";

/** Lengths are of bytes; the alphabets are ASCII, so other texts fail the pattern anyway. */
function checked(text: string, pattern: RegExp, message: string, maximum: number): string[] {
  const errors: string[] = [];
  // Upstream counts subdomains in other words.
  if (text.length > maximum)
    errors.push(maximum === MAX_SUBDOMAIN_LENGTH ? `must be no more than ${maximum} characters` : tooLong(maximum));
  if (!pattern.test(text)) errors.push(message);
  return errors;
}

/** Where only dots are in the way, they alone are named. */
export const dnsLabelErrors = (text: string): string[] =>
  checked(text, LABEL, !LABEL.test(text) && SUBDOMAIN.test(text) ? "must not contain dots" : LABEL_MESSAGE, MAX_LABEL_LENGTH);
export const dns1035LabelErrors = (text: string): string[] => checked(text, LABEL_1035, LABEL_1035_MESSAGE, MAX_LABEL_LENGTH);
export const dnsSubdomainErrors = (text: string): string[] => checked(text, SUBDOMAIN, SUBDOMAIN_MESSAGE, MAX_SUBDOMAIN_LENGTH);
export const labelValueErrors = (text: string): string[] => checked(text, LABEL_VALUE, LABEL_VALUE_MESSAGE, MAX_LABEL_LENGTH);

/** A name that may start with `*.`. */
export const wildcardSubdomainErrors = (text: string): string[] =>
  checked(text, /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, WILDCARD_MESSAGE, MAX_SUBDOMAIN_LENGTH);

/** `prefix/name` with an optional prefix: label and annotation keys, resource names, finalizers. */
export function qualifiedNameErrors(text: string): string[] {
  const parts = text.split("/");
  if (parts.length > 2)
    return [`a qualified name ${QUALIFIED_MESSAGE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const errors: string[] = [];
  const [first = "", second] = parts;
  if (second !== undefined) {
    if (first === "") errors.push(`prefix part ${EMPTY_PART}`);
    else errors.push(...dnsSubdomainErrors(first).map((error) => `prefix part ${error}`));
  }
  const name = second ?? first;
  if (name === "") errors.push(`name part ${EMPTY_PART}`);
  else if (name.length > MAX_LABEL_LENGTH) errors.push(`name part ${tooLong(MAX_LABEL_LENGTH)}`);
  if (!QUALIFIED_PART.test(name)) errors.push(`name part ${QUALIFIED_MESSAGE}`);
  return errors;
}

/** A key of a ConfigMap or Secret. */
export function configMapKeyErrors(text: string): string[] {
  const errors = checked(text, CONFIG_KEY, CONFIG_KEY_MESSAGE, MAX_SUBDOMAIN_LENGTH);
  if (text === ".") errors.push("must not be '.'");
  else if (text === "..") errors.push("must not be '..'");
  else if (text.startsWith("..")) errors.push("must not start with '..'");
  return errors;
}

/** A name of an environment variable: any printable ASCII but `=`. */
export function environmentNameErrors(text: string): string[] {
  return RELAXED_ENVIRONMENT_NAME.test(text) ? [] : [ENVIRONMENT_MESSAGE];
}

/** An IANA service name: what a port is called. */
export function portNameErrors(text: string): string[] {
  const errors: string[] = [];
  if (text.length > 15) errors.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(text)) errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(text)) errors.push("must contain at least one letter (a-z)");
  if (text.includes("--")) errors.push("must not contain consecutive hyphens");
  if (text.startsWith("-") || text.endsWith("-")) errors.push("must not begin or end with a hyphen");
  return errors;
}

export const portNumberErrors = (port: number): string[] =>
  port >= 1 && port <= 65_535 ? [] : ["must be between 1 and 65535, inclusive"];

const OCTET = /^(0|[1-9]\d{0,2})$/;

export function isIPv4(text: string): boolean {
  const octets = text.split(".");
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255);
}

/** An IPv6 address without a zone. */
export function isIPv6(text: string): boolean {
  const [head = "", tail, more] = text.split("::");
  if (more !== undefined || !text.includes(":")) return false;
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const all = [...groups(head), ...groups(tail ?? "")];
  const last = all.at(-1) ?? "";
  const hasV4 = last.includes(".");
  if (hasV4 && !isIPv4(last)) return false;
  const hex = hasV4 ? all.slice(0, -1) : all;
  const count = hex.length + (hasV4 ? 2 : 0);
  return hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (tail === undefined ? count === 8 : count < 8);
}

/** `domain/path`, as managers and signers are called. */
export function domainPrefixedPathErrors(text: string): string[] {
  const slash = text.indexOf("/");
  if (slash < 1 || slash === text.length - 1) return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  const errors = dnsSubdomainErrors(text.slice(0, slash));
  const path = text.slice(slash + 1);
  if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path)) errors.push(PATH_MESSAGE);
  return errors;
}

/** A name as a segment of a path, as RBAC and CRD names must be. */
export function pathSegmentErrors(text: string): string[] {
  if (text === "." || text === "..") return [`may not be '${text}'`];
  return ["/", "%"].filter((character) => text.includes(character)).map((character) => `may not contain '${character}'`);
}

/** The complaints of `rule` about a generateName: its end is about to get a suffix, so a trailing dash is fine. */
export const prefixErrors = (prefix: string, rule: (name: string) => string[]): string[] =>
  rule(prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -1)}a` : prefix);
