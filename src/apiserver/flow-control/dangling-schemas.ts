/**
 * The condition `Dangling` of each FlowSchema: whether the priority level that it names is there. Looked at again whenever either
 * of them comes, changes or goes, and written only where it says something else.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#flowschema
 */
import { conditionOf } from "../../api/conditions.ts";
import { FlowSchema } from "../../api/flowcontrol/flow-schema.ts";
import { PriorityLevelConfiguration } from "../../api/flowcontrol/priority-level-configuration.ts";
import { formatTime } from "../../api/time.ts";
import { type Clock, during } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { follow } from "../authz/follow.ts";
import { send } from "../own-request.ts";
import type { ApiServer } from "../server.ts";

type Schema = DeepReadonly<FlowSchema>;

export interface DanglingSchemasOptions {
  server: Pick<ApiServer, "handle" | "feed">;
  clock: Clock;
  logger: Logger;
}

const TYPE = "Dangling";
const PATH = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas";
const MANAGER = "api-priority-and-fairness-config-consumer-v1";

const levelOf = ({ spec }: Schema): string => spec.priorityLevelConfiguration.name;

/** What the condition should say. */
function verdict(level: string, isThere: boolean): { status: string; reason: string; message: string } {
  const references = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return isThere
    ? { status: "False", reason: "Found", message: `${references} and it exists` }
    : { status: "True", reason: "NotFound", message: `${references} but there is no such object` };
}

/** The patch that makes `schema` say so; undefined where it does. Meant for this version of it alone. */
function patchFor(schema: Schema, isThere: boolean, nowMs: number): object | undefined {
  const conditions = schema.status?.conditions ?? [];
  const wanted = verdict(levelOf(schema), isThere);
  const present = conditionOf(conditions, TYPE);
  if (present?.status === wanted.status && present.reason === wanted.reason && present.message === wanted.message)
    return undefined;
  const since = present?.status === wanted.status ? present.lastTransitionTime : undefined;
  const condition = { type: TYPE, ...wanted, lastTransitionTime: since ?? formatTime(nowMs) };
  return {
    metadata: { resourceVersion: schema.metadata.resourceVersion },
    status: { conditions: [...conditions.filter(({ type }) => type !== TYPE), condition] },
  };
}

/** Resolves once the present objects are known; their conditions follow. Gives the function that ends it. */
export async function followDanglingSchemas({ server, clock, logger }: DanglingSchemasOptions): Promise<() => void> {
  const schemas = new Map<string, Schema>();
  const levels = new Set<string>();
  let ended = false;

  async function write(name: string, patch: object): Promise<void> {
    try {
      // Who was faster has changed the schema, which brings it here again.
      await during(clock, "dangling FlowSchema", () =>
        send(server.handle, "PATCH", `${PATH}/${name}/status?fieldManager=${MANAGER}`, patch),
      );
    } catch (error) {
      if (!ended) logger.warn("cannot write the condition of a FlowSchema", { name, error: String(error) });
    }
  }

  function judge(schema: Schema): void {
    const patch = ended ? undefined : patchFor(schema, levels.has(levelOf(schema)), clock.now());
    if (patch !== undefined) void write(schema.metadata.name, patch);
  }

  function judgeAll(level: string): void {
    for (const schema of schemas.values()) if (levelOf(schema) === level) judge(schema);
  }

  const endLevels = await follow(server.feed, PriorityLevelConfiguration, {
    set({ metadata: { name } }) {
      if (levels.has(name)) return;
      levels.add(name);
      judgeAll(name);
    },
    remove({ metadata: { name } }) {
      levels.delete(name);
      judgeAll(name);
    },
  });
  const endSchemas = await follow(server.feed, FlowSchema, {
    set(schema) {
      schemas.set(schema.metadata.name, schema);
      judge(schema);
    },
    remove: ({ metadata }) => void schemas.delete(metadata.name),
  });
  return () => {
    ended = true;
    endLevels();
    endSchemas();
  };
}
