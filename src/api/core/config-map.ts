/**
 * v1 ConfigMap: configuration as environment, arguments or files.
 * https://kubernetes.io/docs/concepts/configuration/configmap/
 */
import { encodeUtf8 } from "../../base/bytes.ts";
import { deepEqual } from "../../base/deep-equal.ts";
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { MAX_DATA_BYTES, validateDataKeys } from "./data-keys.ts";

export type ConfigMap = generated.ConfigMap;

const strategy: Strategy<ConfigMap> = {
  unconditionalUpdate: true,

  validate({ data = {}, binaryData = {}, immutable: fixed }, previous, report) {
    validateDataKeys(data, report.at("data"));
    validateDataKeys(binaryData, report.at("binaryData"));
    for (const key of Object.keys(data))
      if (binaryData[key] !== undefined) report.at("data", { key }).invalid(key, "duplicate of key present in binaryData");
    const size = [...Object.values(data), ...Object.values(binaryData)].reduce((sum, text) => sum + encodeUtf8(text).length, 0);
    if (size > MAX_DATA_BYTES) report.at({ key: "" }).tooLong(MAX_DATA_BYTES);
    if (!previous?.immutable) return;
    const kept = "field is immutable when `immutable` is set";
    if (fixed !== true) report.at("immutable").forbidden(kept);
    if (!deepEqual(data, previous.data ?? {})) report.at("data").forbidden(kept);
    if (!deepEqual(binaryData, previous.binaryData ?? {})) report.at("binaryData").forbidden(kept);
  },
  columns: (map) => {
    const keys = Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length;
    return [map.metadata.name, keys, ageOf(map)];
  },
};

export const ConfigMap: Resource<ConfigMap> = resource({ group: "", resource: "configmaps" }, strategy);
