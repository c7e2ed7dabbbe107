/**
 * DNS messages as bytes, on dns-packet: what a query asks, and answers that fit its transport.
 *
 * The library writes every name in full. Most of an answer's names are the question's, so those become a pointer to it: a headless
 * Service's addresses then fit into a datagram for twice as many endpoints. What does not fit is left out and the answer marked as
 * truncated, so that the resolver asks again over TCP. RFC 1035, RFC 6891
 */
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Question,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
} from "dns-packet";

export interface Query {
  readonly id: number;
  readonly question: Question;
  readonly recursionDesired: boolean;
  /** Bytes that a datagram may have. */
  readonly maxDatagramBytes: number;
  /** The sender speaks EDNS, so the answer does too. */
  readonly edns: boolean;
}

export type ResponseCode = "NOERROR" | "FORMERR" | "SERVFAIL" | "NXDOMAIN" | "NOTIMP" | "REFUSED";

const CODES: Readonly<Record<ResponseCode, number>> = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

export interface Response {
  readonly code: ResponseCode;
  readonly authoritative?: boolean;
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals?: readonly Answer[];
}

const HEADER_BYTES = 12;
const MIN_DATAGRAM_BYTES = 512;
/** Larger ones would be fragmented on common links. */
const MAX_DATAGRAM_BYTES = 1232;
export const MAX_MESSAGE_BYTES = 65_535;

const OPCODE_MASK = 0x7800;
const RESPONSE_BIT = 0x8000;
const TRUNCATED_BIT = 0x0200;
/** A pointer to the question's name, which stands right behind the header. */
const QUESTION_POINTER = Buffer.from([0xc0, HEADER_BYTES]);

/** The query, the error that answers it, or undefined where an answer would be wrong (too short, itself an answer). */
export function parseQuery(bytes: Buffer): Query | ResponseCode | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const flags = bytes.readUInt16BE(2);
  if ((flags & RESPONSE_BIT) !== 0) return undefined;
  if ((flags & OPCODE_MASK) !== 0) return "NOTIMP";
  try {
    const { id = 0, questions = [], additionals = [] } = decode(bytes);
    const [question] = questions;
    if (question === undefined || questions.length !== 1) return "FORMERR";
    const opt = additionals.find((record) => record.type === "OPT");
    const size = opt?.type === "OPT" ? opt.udpPayloadSize : MIN_DATAGRAM_BYTES;
    return {
      id,
      question,
      recursionDesired: (flags & RECURSION_DESIRED) !== 0,
      maxDatagramBytes: Math.min(Math.max(size, MIN_DATAGRAM_BYTES), MAX_DATAGRAM_BYTES),
      edns: opt !== undefined,
    };
  } catch {
    return "FORMERR";
  }
}

/** An error for a query that could not be read further than its header. */
export function headerError(query: Buffer, code: ResponseCode): Buffer {
  const answer = Buffer.alloc(HEADER_BYTES);
  answer.writeUInt16BE(query.readUInt16BE(0), 0);
  answer.writeUInt16BE(RESPONSE_BIT | (query.readUInt16BE(2) & (OPCODE_MASK | RECURSION_DESIRED)) | CODES[code], 2);
  return answer;
}

/** One record's bytes. */
function recordBytes(record: Answer, questionName: string): Buffer {
  const bytes = encode({ answers: [record] }).subarray(HEADER_BYTES);
  if (!("name" in record) || record.name.toLowerCase() !== questionName || questionName === "") return bytes;
  return Buffer.concat([QUESTION_POINTER, bytes.subarray(questionName.length + 2)]);
}

const OPT_RECORD = {
  type: "OPT",
  name: ".",
  udpPayloadSize: MAX_DATAGRAM_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
} as const satisfies Answer;

/** At most `limit` bytes. Additional records are left out first, silently; the loss of others shows in the header. */
export function encodeResponse(query: Query, response: Response, limit: number): Buffer {
  const { code, authoritative = false, answers = [], authorities = [], additionals = [] } = response;
  const flags =
    RECURSION_AVAILABLE |
    (query.recursionDesired ? RECURSION_DESIRED : 0) |
    (authoritative ? AUTHORITATIVE_ANSWER : 0) |
    CODES[code];
  const head = encode({ type: "response", id: query.id, flags, questions: [query.question] });
  const opt = query.edns ? encode({ additionals: [OPT_RECORD] }).subarray(HEADER_BYTES) : Buffer.alloc(0);
  const parts: Buffer[] = [head];
  let left = limit - head.length - opt.length;
  const questionName = query.question.name.toLowerCase();
  /** How many of the records have found room. */
  const take = (records: readonly Answer[]): number => {
    for (const [count, record] of records.entries()) {
      const bytes = recordBytes(record, questionName);
      if (bytes.length > left) return count;
      parts.push(bytes);
      left -= bytes.length;
    }
    return records.length;
  };
  const counts = [take(answers), take(authorities)];
  const truncated = counts[0] !== answers.length || counts[1] !== authorities.length;
  counts.push(truncated ? 0 : take(additionals));
  const message = Buffer.concat([...parts, opt]);
  if (truncated) message.writeUInt16BE(message.readUInt16BE(2) | TRUNCATED_BIT, 2);
  for (const [index, count] of counts.entries())
    message.writeUInt16BE(count + (index === 2 && query.edns ? 1 : 0), 6 + index * 2);
  return message;
}
