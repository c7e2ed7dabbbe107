import { expect, test } from "vitest";
import { signalNumber } from "./signals.ts";

test.each([
  ["SIGABRT", 1],
  ["SIGINT", 10],
  ["SIGKILL", 13],
  ["SIGTERM", 23],
  ["SIGXFSZ", 34],
  ["SIGRTMIN", 35],
  ["SIGRTMIN+15", 50],
  ["SIGRTMAX-14", 51],
  ["SIGRTMAX", 65],
  ["SIGNONE", 0],
])("%s is %d in the CRI", (name, number) => {
  expect(signalNumber(name)).toBe(number);
});
