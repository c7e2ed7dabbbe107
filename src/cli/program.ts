/** The command line: one file a command, and one line here. */
import { Command, CommanderError } from "commander";
import { addAgent } from "./agent.ts";
import { addDns } from "./dns.ts";
import { addDoctor } from "./doctor.ts";
import { addDown } from "./down.ts";
import { reportFailure } from "./failure.ts";
import { addImage } from "./image.ts";
import { addKubeconfig } from "./kubeconfig.ts";
import { addLogs } from "./logs.ts";
import { addStatus } from "./status.ts";
import { addUp } from "./up.ts";

const program = new Command("timonier").description("A Kubernetes cluster in one package.").showHelpAfterError().exitOverride();

addUp(program);
addDown(program);
addStatus(program);
addLogs(program);
addKubeconfig(program);
addImage(program);
addDoctor(program);
addAgent(program);
addDns(program);

// `timonier logs | head`: who read us has had enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program.parseAsync(process.argv);
} catch (error) {
  // Commander has said what was wrong with the command line.
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else reportFailure(error);
}
