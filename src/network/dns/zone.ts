/** The cluster's part of the name space, and what can be said of a name in it. Pure. */
import type { Answer } from "dns-packet";
import { isIPv4 } from "../../api/names.ts";

export interface Zone {
  /** cluster.local */
  domain: string;
  /** The address at which this DNS is served. */
  address: string;
  /** Ranges whose reverse names are ours to answer. */
  ranges: readonly string[];
  /** Of the SOA record. */
  serial: number;
}

export interface ZoneQuestion {
  /** In lower case, without the last dot. */
  name: string;
  type: string;
}

/** What is at a name. */
export type ZoneAnswer =
  /** Records of the type asked for: perhaps none. */
  | { kind: "found"; answers: readonly Answer[]; additionals?: readonly Answer[] }
  /** Another name, perhaps outside the cluster. */
  | { kind: "alias"; record: Answer; target: string }
  | { kind: "missing" };

/** Endpoints come and go: CoreDNS' default. */
export const TTL_SECONDS = 5;

export const NOTHING: ZoneAnswer = { kind: "found", answers: [] };
export const MISSING: ZoneAnswer = { kind: "missing" };

/** A record of the type asked for, or none. */
export function addressRecords(name: string, type: string, addresses: Iterable<string>): Answer[] {
  if (type !== "A" && type !== "AAAA") return [];
  return [...addresses]
    .filter((address) => isIPv4(address) === (type === "A"))
    .map((data) => ({ name, type, ttl: TTL_SECONDS, data }));
}

/** Goes with every negative answer: says for how long it may be kept. */
export const startOfAuthority = ({ domain, serial }: Zone): Answer => ({
  name: domain,
  type: "SOA",
  ttl: TTL_SECONDS,
  data: {
    mname: `ns.dns.${domain}`,
    rname: `hostmaster.${domain}`,
    serial,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: TTL_SECONDS,
  },
});
