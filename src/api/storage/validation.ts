/** Checks that the kinds of storage share. */
import { dnsSubdomainErrors, qualifiedNameErrors } from "../names.ts";
import { follows } from "../validation.ts";
import type { Report } from "../validation-report.ts";

const MAX_DRIVER_NAME = 63;
const MAX_PARAMETERS = 512;
const MAX_PARAMETER_BYTES = 256 * 1024;

/** The name of a CSI driver: a domain, in whatever case. */
export function validateDriverName(name: string | undefined, report: Report): void {
  if (!name) return report.required();
  if (name.length > MAX_DRIVER_NAME) report.tooLong(MAX_DRIVER_NAME);
  for (const complaint of dnsSubdomainErrors(name.toLowerCase())) report.invalid(name, complaint);
}

/** The name of what makes volumes, as classes name it. */
export function validateProvisioner(name: string | undefined, report: Report): void {
  if (!name) return report.required();
  for (const complaint of qualifiedNameErrors(name.toLowerCase())) report.invalid(name, complaint);
}

export function validateParameters(parameters: Readonly<Record<string, string>> = {}, report: Report): void {
  const entries = Object.entries(parameters);
  if (entries.length > MAX_PARAMETERS) report.tooLong(MAX_PARAMETERS);
  let size = 0;
  for (const [key, value] of entries) {
    if (key === "") report.invalid(key, "field can not be empty.");
    size += key.length + value.length;
  }
  if (size > MAX_PARAMETER_BYTES) report.tooLong(MAX_PARAMETER_BYTES);
}

export function validateClassName(name: string | undefined, report: Report): void {
  if (!name) report.required();
  else follows(name, dnsSubdomainErrors, report);
}
