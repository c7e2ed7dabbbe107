import { expect, test } from "vitest";
import { formatMicroTime, formatTime, normaliseMicroTime, normaliseTime } from "./time.ts";

test.each([
  ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"],
  ["2024-01-02T03:04:05.999Z", "2024-01-02T03:04:05Z"],
  ["2024-01-02T03:04:05,9Z", "2024-01-02T03:04:05Z"],
  ["2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05Z"],
  ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"],
  ["0001-01-01T00:00:00Z", null],
])("Time %j is written as %j", (text, expected) => {
  expect(normaliseTime(text)).toBe(expected);
});

test.each(["2024-02-30T00:00:00Z", "2024-01-02T24:00:00Z", "2024-01-02 03:04:05Z", "10000-01-01T00:00:00Z", "", "2024-01-02"])(
  "Time refuses %j",
  (text) => {
    expect(() => normaliseTime(text)).toThrow(`parsing time ${JSON.stringify(text)}`);
  },
);

test("a refused Time says what is left and what was expected there", () => {
  expect(() => normaliseTime("2024-01-02")).toThrow(
    'parsing time "2024-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"',
  );
});

test("MicroTime has exactly six digits", () => {
  expect(normaliseMicroTime("2024-01-02T03:04:05.120000+02:00")).toBe("2024-01-02T01:04:05.120000Z");
  for (const text of ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05.1Z", "2024-01-02T03:04:05.123456789Z"])
    expect(() => normaliseMicroTime(text)).toThrow("parsing time");
});

test("moments are written whole, or with microseconds", () => {
  expect(formatTime(1_704_164_645_999)).toBe("2024-01-02T03:04:05Z");
  expect(formatMicroTime(1_704_164_645_120, 7)).toBe("2024-01-02T03:04:05.120007Z");
});
