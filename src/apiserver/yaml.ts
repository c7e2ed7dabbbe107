/** YAML answers. The library is loaded when a client first asks for one; it formats what was parsed from JSON. */
import { assert } from "../base/assert.ts";

let library: typeof import("yaml") | undefined;

/** Before `yamlOf`: loads the library. */
export async function prepareYamlAnswers(): Promise<void> {
  library ??= await import("yaml");
}

export function yamlOf(value: unknown): string {
  assert(library, "prepareYamlAnswers was not awaited");
  return library.stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
