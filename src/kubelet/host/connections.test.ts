import { expect, test } from "vitest";
import { countUnanswered } from "./connections.ts";

const LISTENING = "LISTEN    0 100  0.0.0.0:8000      0.0.0.0:*     cubic cwnd:10";
const row = (figures: string, state = "ESTAB", own = "10.244.0.2:8000"): string =>
  `${state}     0      0      ${own}    10.244.0.1:40001      bbr wscale:10,10 rto:208 ${figures} rcv_space:65483`;
const NEW = row("mss:1448 segs_in:2 lastsnd:8 lastrcv:8 lastack:8");
const ASKED = row("bytes_received:90 segs_in:3 lastsnd:8 lastrcv:4 lastack:4");
const IDLE = row("bytes_sent:155 bytes_acked:155 bytes_received:90 lastsnd:4 lastrcv:8 lastack:4");
const ASKED_AGAIN = row("bytes_sent:155 bytes_acked:155 bytes_received:180 lastsnd:4000 lastack:4000");
const count = (...rows: string[]): number => countUnanswered(`${rows.join("\n")}\n`);

test("a connection waits until it was answered, and again when more is asked", () => {
  expect(count(LISTENING, NEW)).toBe(1);
  expect(count(LISTENING, ASKED)).toBe(1);
  expect(count(LISTENING, IDLE)).toBe(0);
  expect(count(LISTENING, ASKED_AGAIN)).toBe(1);
});

test("one that is being made, and one of which the client has said all, wait as well", () => {
  expect(count(LISTENING, row("", "SYN-RECV"), row("bytes_received:90 lastrcv:4", "CLOSE-WAIT"))).toBe(2);
});

test("connections that the Pod itself has made do not count", () => {
  expect(count(LISTENING, row("bytes_received:5 lastrcv:1", "ESTAB", "10.244.0.2:50123"))).toBe(0);
  expect(count()).toBe(0);
});
