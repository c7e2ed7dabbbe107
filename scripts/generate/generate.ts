/** All generated files, as text: the command writes them, a test compares them with what is there. */
import { generateBootstrap } from "./bootstrap.ts";
import { generateDiscovery } from "./discovery.ts";
import { generateOpenApi } from "./openapi.ts";
import { generateSchemas } from "./schemas.ts";
import { generateTableColumns } from "./table-columns.ts";
import { type GeneratedFile, generateTypes } from "./types.ts";

export const generate = (facts: string): GeneratedFile[] => [
  ...generateTypes(facts),
  generateDiscovery(facts),
  generateSchemas(facts),
  generateOpenApi(facts),
  generateTableColumns(facts),
  generateBootstrap(facts),
];
