/**
 * From a query's bytes to an answer's: the cluster's own names from the zone, everything else from the node's resolvers. Knows nothing
 * of sockets.
 */
import { type Answer, decode, encode, RECURSION_DESIRED, type RecordType } from "dns-packet";
import type { ClusterNames } from "./cluster-names.ts";
import { encodeResponse, headerError, MAX_MESSAGE_BYTES, parseQuery, type Query, type Response } from "./message.ts";
import { startOfAuthority, type Zone, type ZoneAnswer, type ZoneQuestion } from "./zone.ts";
import { answerFromZone } from "./zone-answer.ts";

export type Transport = "udp" | "tcp";

/** Asks the node's resolvers. Undefined where there is none, or none answers. */
export type Forward = (query: Buffer, transport: Transport) => Promise<Buffer | undefined>;

/** Undefined where no answer is right. */
export type Responder = (query: Buffer, transport: Transport) => Promise<Buffer | undefined>;

export interface ResponderOptions {
  zone: Zone;
  cluster: ClusterNames;
  forward: Forward;
}

/** CNAMEs followed within the cluster: two ExternalName Services may name each other. */
const MAX_ALIASES = 8;

/** The same addresses, beginning with another one each time: clients take the first. */
function rotated(answers: readonly Answer[], turn: number): readonly Answer[] {
  if (answers.length < 2) return answers;
  const start = turn % answers.length;
  return [...answers.slice(start), ...answers.slice(0, start)];
}

export function createResponder({ zone, cluster, forward }: ResponderOptions): Responder {
  let turn = 0;

  const responseOf = (found: Exclude<ZoneAnswer, { kind: "alias" }>): Response => {
    const authorities = [startOfAuthority(zone)];
    if (found.kind === "missing") return { code: "NXDOMAIN", authoritative: true, authorities };
    if (found.answers.length === 0) return { code: "NOERROR", authoritative: true, authorities };
    const { answers, additionals = [] } = found;
    return { code: "NOERROR", authoritative: true, answers: rotated(answers, turn++), additionals };
  };

  /** What the resolvers say of a name outside; nothing where they say nothing. */
  async function foreignRecords({ name, type }: ZoneQuestion, transport: Transport): Promise<Answer[]> {
    const query = encode({
      type: "query",
      flags: RECURSION_DESIRED,
      questions: [{ name, type: type as RecordType }],
    });
    const answer = await forward(query, transport);
    if (answer === undefined) return [];
    try {
      return decode(answer).answers ?? [];
    } catch {
      return [];
    }
  }

  /** Resolvers of clients do not follow aliases: the answer holds what they lead to. */
  async function follow(found: ZoneAnswer, question: ZoneQuestion, transport: Transport): Promise<Response> {
    const chain: Answer[] = [];
    let at: ZoneAnswer | undefined = found;
    let target = question.name;
    while (at?.kind === "alias" && chain.length < MAX_ALIASES) {
      chain.push(at.record);
      target = at.target;
      if (question.type === "CNAME") return { code: "NOERROR", authoritative: true, answers: chain };
      at = answerFromZone(zone, { name: target, type: question.type }, cluster);
    }
    if (at === undefined) chain.push(...(await foreignRecords({ name: target, type: question.type }, transport)));
    else if (at.kind === "found") chain.push(...at.answers);
    return { code: "NOERROR", authoritative: true, answers: chain };
  }

  async function answer(bytes: Buffer, query: Query, transport: Transport): Promise<Buffer> {
    const limit = transport === "udp" ? query.maxDatagramBytes : MAX_MESSAGE_BYTES;
    const { name, type, class: klass = "IN" } = query.question;
    const question = { name: name.toLowerCase(), type };
    const found = klass === "IN" ? answerFromZone(zone, question, cluster) : undefined;
    if (found === undefined) {
      const foreign = await forward(bytes, transport);
      return foreign ?? encodeResponse(query, { code: "SERVFAIL" }, limit);
    }
    const response = found.kind === "alias" ? await follow(found, question, transport) : responseOf(found);
    return encodeResponse(query, response, limit);
  }

  return async (bytes, transport) => {
    const query = parseQuery(bytes);
    if (query === undefined) return undefined;
    if (typeof query === "string") return headerError(bytes, query);
    return answer(bytes, query, transport);
  };
}
