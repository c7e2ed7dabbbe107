/** Puts the manifests of an example on a cluster. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { isAlreadyExists } from "../src/api/errors.ts";
import type { KubernetesObject } from "../src/api/meta.ts";
import { findKind } from "../src/api/resources.ts";
import type { Client } from "../src/client/client.ts";

/** Creates the objects of a directory's YAML files, in the order of their names. What is there already stays as it is. */
export async function createExample(client: Client, directory: string): Promise<void> {
  for (const file of readdirSync(directory).filter((name) => name.endsWith(".yaml"))) {
    for (const document of parseAllDocuments(readFileSync(join(directory, file), "utf8"))) {
      const object = document.toJS() as KubernetesObject;
      const row = findKind(object.apiVersion, object.kind)?.row;
      if (row === undefined) throw new Error(`${file} has the unknown kind ${object.apiVersion} ${object.kind}`);
      try {
        await client.create(row, { ...object, metadata: { namespace: "default", ...object.metadata } });
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
  }
}
