import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemEntropy } from "../base/entropy.ts";
import { virtualClock } from "../base/virtual-clock.ts";
import { openClusterPki, PkiError } from "./cluster-pki.ts";
import { readKubeconfig, writeKubeconfig } from "./kubeconfig.ts";

let directory: string;
const clock = virtualClock({ startMs: Date.UTC(2026, 5, 1) });
const open = (at = clock) => openClusterPki({ directory, clock: at, entropy: systemEntropy });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pki-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("signs server certificates with their names and addresses", async () => {
  const pki = open();
  const { certificate, key } = pki.server("apiserver", "kube-apiserver", ["kubernetes.default.svc", "10.96.0.1", "fd00::1:2"]);
  const parsed = new X509Certificate(certificate);
  expect(parsed.checkHost("kubernetes.default.svc")).toBe("kubernetes.default.svc");
  expect(parsed.checkHost("example.com")).toBeUndefined();
  expect(parsed.checkIP("10.96.0.1")).toBe("10.96.0.1");
  expect(parsed.subjectAltName).toContain("IP Address:FD00:0:0:0:0:0:1:2");
  expect(parsed.checkIssued(new X509Certificate(pki.ca))).toBe(true);
  expect(parsed.verify(new X509Certificate(pki.ca).publicKey)).toBe(true);
  expect(key).toContain("BEGIN PRIVATE KEY");
  await pki.serviceAccountKey;
});

test("puts user and groups into client certificates", async () => {
  const pki = open();
  const parsed = new X509Certificate(pki.client("admin", "kubernetes-admin", ["system:masters", "ops"]).certificate);
  expect(parsed.subject).toBe("O=system:masters\nO=ops\nCN=kubernetes-admin");
  expect(parsed.ca).toBe(false);
  await pki.serviceAccountKey;
});

test("keeps everything for the next start, readable by the owner only", async () => {
  const first = open();
  const identity = first.client("admin", "admin", ["system:masters"]);
  const signing = await first.serviceAccountKey;
  const second = open();
  expect(second.ca).toBe(first.ca);
  expect(second.client("admin", "admin", ["system:masters"])).toEqual(identity);
  expect(await second.serviceAccountKey).toBe(signing);
  for (const file of readdirSync(directory)) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
});

test("renews a certificate that is about to expire, or that misses a name, under the same authority", async () => {
  const first = open();
  const before = first.server("apiserver", "kube-apiserver", ["localhost"]);
  expect(open().server("apiserver", "kube-apiserver", ["localhost"])).toEqual(before);
  const wider = open().server("apiserver", "kube-apiserver", ["localhost", "node-1"]);
  expect(wider).not.toEqual(before);
  const later = open(virtualClock({ startMs: clock.now() + 300 * 24 * 3600 * 1000 }));
  expect(later.server("apiserver", "kube-apiserver", ["localhost"])).not.toEqual(wider);
  expect(later.ca).toBe(first.ca);
  await Promise.all([first.serviceAccountKey, later.serviceAccountKey]);
});

test("names the damaged file instead of replacing it", async () => {
  await open().serviceAccountKey;
  writeFileSync(join(directory, "ca.crt"), "rubbish");
  expect(() => open()).toThrow(PkiError);
  expect(() => open()).toThrow(/ca\.crt is not a certificate/);
});

test("reads the kubeconfig that it wrote, and YAML with files and tokens", async () => {
  const path = join(directory, "config");
  const config = { server: "https://127.0.0.1:6443", ca: "CA", certificate: "C", key: "K", namespace: "shop" };
  writeKubeconfig(path, config);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await readKubeconfig(path)).toEqual(config);
  writeFileSync(join(directory, "ca.pem"), "PEM");
  writeFileSync(
    path,
    "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://h', certificate-authority: ca.pem}}]\nusers: [{name: u, user: {token: t}}]\n",
  );
  expect(await readKubeconfig(path)).toEqual({ server: "https://h", ca: "PEM", token: "t" });
  await expect(readKubeconfig(path, "b")).rejects.toThrow('no entry "b" in contexts');
});
