/**
 * Whether one node would take a Pod, as all filters see it.
 *
 * Pods for which room was made elsewhere ("nominated") count as if they were there, for Pods that do not come before them: a node must
 * take the Pod with them and without them.
 */
import type { ClusterState } from "./cluster-state.ts";
import { type Plugin, type Prepared, SKIP } from "./framework.ts";
import type { PodInfo } from "./pod-info.ts";

export interface Participant {
  readonly plugin: Plugin;
  readonly prepared: Prepared;
}

export interface Rejection {
  readonly plugin: Plugin;
  /** Upstream's words. */
  readonly message: string;
}

/** What all plugins made of one Pod. */
export interface Preparation {
  readonly plugins: readonly Plugin[];
  readonly participants: readonly Participant[];
  readonly filters: readonly Participant[];
  readonly rejection?: Rejection;
  readonly onlyNodes: ReadonlySet<string> | undefined;
  readonly onlyNodesBy: readonly string[];
}

export function prepare(pod: PodInfo, state: ClusterState, plugins: readonly Plugin[]): Preparation {
  const participants: Participant[] = [];
  const filters: Participant[] = [];
  const onlyNodesBy: string[] = [];
  let onlyNodes: ReadonlySet<string> | undefined;
  let rejection: Rejection | undefined;
  for (const plugin of plugins) {
    const prepared = plugin.prepare(pod, state);
    if (prepared === SKIP) continue;
    const participant = { plugin, prepared };
    participants.push(participant);
    if (prepared.refuses) filters.push(participant);
    if (prepared.onlyNodes) {
      onlyNodes = onlyNodes ? onlyNodes.intersection(prepared.onlyNodes) : prepared.onlyNodes;
      onlyNodesBy.push(plugin.name);
    }
    if (prepared.rejection === undefined) continue;
    rejection = { plugin, message: prepared.rejection };
    break;
  }
  return { plugins, participants, filters, onlyNodes, onlyNodesBy, ...(rejection ? { rejection } : {}) };
}

/** The plugin that refuses the Pod on the node, to be asked why; undefined where none does. */
export function refusalOn(pod: PodInfo, state: ClusterState, preparation: Preparation, node: number): Participant | undefined {
  if (state.nominations.size > 0) {
    const crowd = state.nominations.before(pod, state.nodes[node]!.name);
    const refusal = crowd.length > 0 ? refusalAmong(crowd, pod, state, { preparation, node }) : undefined;
    if (refusal) return refusal;
  }
  for (const filter of preparation.filters) if (filter.prepared.refuses?.(node)) return filter;
  return undefined;
}

/** As if the Pods of `crowd` were on the node; the state is afterwards as before, so the words are found at once. */
function refusalAmong(
  crowd: readonly PodInfo[],
  pod: PodInfo,
  state: ClusterState,
  { preparation, node }: { preparation: Preparation; node: number },
): Participant | undefined {
  const { name } = state.nodes[node]!;
  const absent = crowd.filter(({ uid }) => state.nodeOf(uid) === undefined);
  for (const info of absent) state.setPod(info, name);
  const { filters } = prepare(pod, state, preparation.plugins);
  const refusing = filters.find(({ prepared }) => prepared.refuses?.(node));
  const refusals = refusing?.prepared.explain?.(node) ?? [];
  for (const { uid } of absent) state.removePod(uid);
  return refusing && { plugin: refusing.plugin, prepared: { explain: () => refusals } };
}
