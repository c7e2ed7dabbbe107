/**
 * The few commands that run inside simulated containers (exec, probes, hooks): what `sh` would make of `sleep`, `exit`, `true`,
 * `false`, `echo`, `cat` without files and `kill`, alone or joined by `;` and `&&`. Anything else succeeds at once.
 */
export type Step =
  | { do: "sleep"; seconds: number }
  | { do: "echo"; text: string }
  | { do: "cat" }
  | { do: "signal"; name: string }
  | { do: "status"; code: number }
  | { do: "exit"; code: number | undefined };

export interface Program {
  step: Step;
  /** Only where the step before succeeded. */
  ifSucceeded: boolean;
}

const SHELL = /(^|\/)(ba|da|a)?sh$/;

function stepOf(words: readonly string[]): Step {
  const [name = "", ...args] = words;
  switch (name.slice(name.lastIndexOf("/") + 1)) {
    case "sleep":
      return { do: "sleep", seconds: Number(args[0] ?? 0) || 0 };
    case "exit":
      return { do: "exit", code: args[0] === undefined ? undefined : Number(args[0]) & 0xff };
    case "false":
      return { do: "status", code: 1 };
    case "echo":
      return { do: "echo", text: `${args.join(" ")}\n` };
    case "cat":
      return args.length === 0 || args[0] === "-" ? { do: "cat" } : { do: "status", code: 0 };
    case "kill":
      return args.at(-1) === "1" && args.length > 1
        ? { do: "signal", name: (args[0] ?? "").replace(/^-(s)?(SIG)?/, "") }
        : { do: "status", code: 0 };
    default:
      return { do: "status", code: 0 };
  }
}

/** What a command line comes to. */
export function programOf(command: readonly string[]): Program[] {
  const [name = "", flag, script] = command;
  if (!SHELL.test(name) || flag !== "-c" || script === undefined) return [{ step: stepOf(command), ifSucceeded: false }];
  const programs: Program[] = [];
  let ifSucceeded = false;
  for (const part of script.split(/(;|&&|\n)/)) {
    if (part === "&&") ifSucceeded = true;
    else if (part === ";" || part === "\n") ifSucceeded = false;
    else if (part.trim() !== "") programs.push({ step: stepOf(part.trim().split(/\s+/).map(unquoted)), ifSucceeded });
  }
  return programs;
}

const unquoted = (word: string): string => word.replace(/^(["'])(.*)\1$/, "$2");
