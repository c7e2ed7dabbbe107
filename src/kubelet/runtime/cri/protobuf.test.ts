import { describe, expect, test } from "vitest";
import { bool, bytes, decode, double, encode, integer, integers, many, map, message, one, string, strings } from "./protobuf.ts";

const Inner = message({ name: string(1), count: integer(2) });
const Outer = message({
  text: string(1),
  data: bytes(2),
  flag: bool(3),
  number: integer(4),
  ratio: double(5),
  words: strings(6),
  numbers: integers(7),
  labels: map(8),
  inner: one(9, () => Inner),
  list: many(16, () => Inner),
});

const ZERO = {
  text: "",
  data: new Uint8Array(),
  flag: false,
  number: 0,
  ratio: 0,
  words: [],
  numbers: [],
  labels: {},
  inner: undefined,
  list: [],
};

describe("protobuf", () => {
  test("decodes what it encoded", () => {
    const value = {
      text: "Kühn ⚓",
      data: Uint8Array.of(0, 255),
      flag: true,
      number: 1_795_511_779_929,
      ratio: 0.25,
      words: ["a", "", "b"],
      numbers: [0, 1, 300],
      labels: { "io.kubernetes.pod.name": "web", empty: "" },
      inner: { name: "x", count: 7 },
      list: [
        { name: "", count: 0 },
        { name: "y", count: 1 },
      ],
    };
    expect(decode(Outer, encode(Outer, value))).toEqual(value);
  });

  test("gives zero values for what is absent, and sends none", () => {
    expect(decode(Outer, new Uint8Array())).toEqual(ZERO);
    expect(encode(Outer, ZERO)).toEqual(new Uint8Array());
  });

  test("sends a message that is present though it is empty", () => {
    expect([...encode(Outer, { inner: {} })]).toEqual([9 * 8 + 2, 0]);
    expect(decode(Outer, encode(Outer, { inner: {} })).inner).toEqual({ name: "", count: 0 });
  });

  test.each([-1, -1000, 2 ** 31, -(2 ** 31), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
    "keeps the integer %d",
    (number) => {
      expect(decode(Outer, encode(Outer, { number })).number).toBe(number);
    },
  );

  test("writes negative integers in ten octets, as the specification says", () => {
    expect([...encode(Outer, { number: -1 })]).toEqual([4 * 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
  });

  test("reads a list of integers packed or not", () => {
    expect(decode(Outer, Uint8Array.of(7 * 8, 5, 7 * 8, 6, 7 * 8 + 2, 2, 7, 8)).numbers).toEqual([5, 6, 7, 8]);
  });

  test("skips fields it does not know, of every wire type", () => {
    const unknown = [20 * 8, 1].concat([0xa9, 1, 1, 2, 3, 4, 5, 6, 7, 8], [0xb2, 1, 2, 9, 9], [0xbd, 1, 1, 2, 3, 4]);
    // 20*8 takes two octets.
    unknown.splice(0, 1, 0xa0, 1);
    expect(decode(Outer, Uint8Array.from([...unknown, 1 * 8 + 2, 1, 0x61]))).toEqual({ ...ZERO, text: "a" });
  });

  test("refuses bytes that end too early", () => {
    expect(() => decode(Outer, Uint8Array.of(1 * 8 + 2, 5, 0x61))).toThrow(RangeError);
    expect(() => decode(Outer, Uint8Array.of(4 * 8, 0x80))).toThrow(RangeError);
  });

  test("does not share lists and maps between messages", () => {
    const first = decode(Outer, new Uint8Array());
    first.words.push("x");
    first.labels.a = "b";
    expect(decode(Outer, new Uint8Array())).toEqual(ZERO);
  });
});
