/** `timonier doctor`: what is missing for real containers on this machine, and how to get it. */
import { spawnSync } from "node:child_process";
import type { Command } from "commander";
import { realClock } from "../base/clock.ts";
import { BRIDGE, NODE_API_PORT } from "../cluster/agent-config.ts";
import { clusterConfig, OWN_NODE_ADDRESS, type RawOptions } from "../cluster/config.ts";
import { defaultDataDirectory } from "../cluster/data-directory.ts";
import { checkMachine } from "../cluster/doctor/checks/index.ts";
import type { MachineFacts, Plan } from "../cluster/doctor/facts.ts";
import { type Finding, type Level, worst } from "../cluster/doctor/finding.ts";
import { gatherFacts } from "../cluster/doctor/gather.ts";
import { planInstallation } from "../cluster/doctor/installation.ts";
import { CommandError } from "./failure.ts";
import { outputOption, requireOutput } from "./output-format.ts";
import { keepAlive } from "./process-signals.ts";
import { paint, type Style } from "./terminal.ts";

interface Options extends RawOptions {
  install?: boolean;
  output?: string;
}

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("say what is missing for real containers on this machine, and how to get it")
    .option("--install", "install missing packages and load missing kernel modules, saying so")
    .option("--data-dir <directory>", "where the cluster is or will be kept")
    .option("--port <port>", "port of the API", "6443")
    .option("--node-ip <address>", "address of this node")
    .option("--pod-cidr <range>", "addresses of Pods")
    .addOption(outputOption())
    .action(async (options: Options) => {
      const release = keepAlive();
      try {
        await doctor(options);
      } finally {
        release();
      }
    });
}

async function doctor({ install, output, ...raw }: Options): Promise<void> {
  requireOutput(output);
  const config = clusterConfig(raw, { hostname: "node", defaultDataDirectory: defaultDataDirectory() });
  const plan: Plan = {
    dataDirectory: config.dataDirectory,
    apiPort: config.port,
    nodeAddress: config.nodeAddress ?? OWN_NODE_ADDRESS,
    nodePort: NODE_API_PORT,
    podCidr: config.podCidr,
    podDevice: BRIDGE,
  };
  const look = (): Promise<MachineFacts> => gatherFacts({ plan, clock: realClock });
  let facts = await look();
  let findings = checkMachine(facts);
  if (install === true && installMissing(facts, findings)) {
    facts = await look();
    findings = checkMachine(facts);
  }
  if (output === "json") console.log(JSON.stringify({ ready: worst(findings) !== "fail", findings }, null, 2));
  else console.log(doctorLines(facts, findings).join("\n"));
  if (worst(findings) === "fail") process.exitCode = 1;
}

/** Says each command, on standard error so that JSON stays JSON, then runs it. Answers whether anything was run. */
function installMissing(facts: MachineFacts, findings: readonly Finding[]): boolean {
  const { commands, refusals } = planInstallation(facts, findings);
  for (const refusal of refusals) console.error(`not installed: ${refusal}`);
  for (const [program = "", ...args] of commands) {
    console.error(`running: ${[program, ...args].join(" ")}`);
    const { status, error } = spawnSync(program, args, {
      stdio: ["ignore", 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (error !== undefined || status !== 0)
      throw new CommandError(`${program} failed${error === undefined ? ` with code ${status}` : `: ${error.message}`}`);
  }
  return commands.length > 0;
}

const MARKS: Readonly<Record<Level, { mark: string; style: Style }>> = {
  pass: { mark: "ok  ", style: "green" },
  warn: { mark: "warn", style: "yellow" },
  fail: { mark: "FAIL", style: "red" },
};

/** For people: a line for each finding beneath its area, with why and how where something is amiss. */
function doctorLines({ distribution, kernel }: MachineFacts, findings: readonly Finding[]): string[] {
  const lines = [`${distribution.name}, kernel ${kernel.release}`];
  let area = "";
  for (const finding of findings) {
    if (finding.area !== area) {
      area = finding.area;
      lines.push("", paint("bold", area));
    }
    const { mark, style } = MARKS[finding.level];
    lines.push(`  ${paint(style, mark)}  ${finding.what}`);
    if (finding.why !== undefined) lines.push(`        ${finding.why}`);
    if (finding.how !== undefined) lines.push(`        → ${finding.how}`);
  }
  return [...lines, "", verdict(findings)];
}

function verdict(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const counted = `${count("pass")} ok, ${count("warn")} warned of, ${count("fail")} failed`;
  if (worst(findings) === "fail")
    return `Real containers cannot run here yet (${counted}). \`timonier up --runtime simulated\` needs none of this.`;
  return `Real containers can run here (${counted}): timonier up`;
}
