/**
 * storage.k8s.io/v1 CSINode: which drivers of volumes run on a node.
 * https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/csi-node-v1/
 */

import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as generated from "../generated/storage-v1.ts";
import { qualifiedNameErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, countOf } from "../table/cells.ts";
import { follows, notNegative } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { validateDriverName } from "./validation.ts";

export type CSINode = generated.CSINode;

const MAX_NODE_ID = 192;

function validateDriver(
  { name, nodeID, topologyKeys, allocatable }: DeepReadonly<generated.CSINodeDriver>,
  report: Report,
): void {
  validateDriverName(name, report.at("name"));
  if (!nodeID) report.at("nodeID").required();
  else if (nodeID.length > MAX_NODE_ID) report.at("nodeID").invalid(nodeID, `must be ${MAX_NODE_ID} characters or less`);
  notNegative(allocatable?.count, report.at("allocatable", "count"));
  const seen = new Set<string>();
  topologyKeys?.forEach((key) => {
    const here = report.at("topologyKeys");
    if (!key) return here.required();
    if (seen.has(key)) here.duplicate(key);
    seen.add(key);
    follows(key, qualifiedNameErrors, here);
  });
}

const strategy: Strategy<CSINode> = {
  validate({ spec }, previous, report) {
    const here = report.at("spec", "drivers");
    const names = new Set<string>();
    spec.drivers?.forEach((driver, index) => {
      validateDriver(driver, here.at(index));
      if (names.has(driver.name)) here.at(index, "name").duplicate(driver.name);
      names.add(driver.name);
      // What a driver told about its node stays; how many volumes fit may change.
      const before = previous?.spec.drivers?.find(({ name }) => name === driver.name);
      const { allocatable: _now, ...fixed } = driver;
      const { allocatable: _before, ...fixedBefore } = before ?? driver;
      if (!deepEqual(fixed, fixedBefore)) here.at(index).invalid(driver, "field is immutable");
    });
  },

  columns: (node) => [node.metadata.name, countOf(node.spec?.drivers), ageOf(node)],
};

export const CSINode: Resource<CSINode> = resource({ group: "storage.k8s.io", resource: "csinodes" }, strategy);
