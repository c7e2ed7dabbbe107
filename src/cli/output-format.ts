/** `--output json`, where a command has it. */
import { Option } from "commander";
import { CommandError } from "./failure.ts";

export const outputOption = (): Option => new Option("-o, --output <format>", "json, for programs");

export function requireOutput(output: string | undefined): asserts output is "json" | undefined {
  if (output !== undefined && output !== "json")
    throw new CommandError(`--output takes json, not ${JSON.stringify(output)}: leave it out for text`);
}
