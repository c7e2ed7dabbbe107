/**
 * `npm test`: types, lint and every suite at sample size; `npm run test:full` runs all sizes. Ends with `N passed, N failed`.
 *
 * Arguments are handed to the test runner (a folder, `-t title`); then types and lint are left out.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const bin = (name: string): string => join(root, "node_modules", name);
const full = process.argv.includes("--full");
const filters = process.argv.slice(2).filter((argument) => argument !== "--full");

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numFailedTestSuites: number;
  success: boolean;
}

let passed = 0;
let failed = 0;

function check(title: string, program: string, args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [bin(program), ...args], { cwd: root, stdio: "inherit" });
  if (status === 0) passed++;
  else failed++;
  console.log(`${status === 0 ? "ok" : "FAILED"}: ${title}`);
}

if (filters.length === 0) {
  check("types", "typescript/bin/tsc", ["-p", root]);
  check("lint and format", "@biomejs/biome/bin/biome", ["ci", "--error-on-warnings", "."]);
}

const folder = mkdtempSync(join(tmpdir(), "timonier-test-"));
const reportFile = join(folder, "report.json");
const { status } = spawnSync(
  process.execPath,
  [bin("vitest/vitest.mjs"), "run", "--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`, ...filters],
  { cwd: root, stdio: "inherit", env: { ...process.env, ...(full ? { TIMONIER_TEST_SIZE: "full" } : {}) } },
);
try {
  const report = JSON.parse(readFileSync(reportFile, "utf8")) as VitestReport;
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  // A file that could not be loaded, or a run that broke outside a test, counts too.
  if (status !== 0 && report.numFailedTests === 0) failed++;
} catch {
  failed++;
}
rmSync(folder, { recursive: true, force: true });

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
