import { expect, test } from "vitest";
import { logOptionsOf } from "./log-options.ts";

const read = (query: string) => logOptionsOf(new URLSearchParams(query));

test("options of a log are read from a query, flags by anything but false and 0", () => {
  expect(read("follow=true&previous=0&timestamps=FALSE&tailLines=3&sinceSeconds=60&limitBytes=10")).toEqual({
    follow: true,
    previous: false,
    timestamps: false,
    tailLines: 3,
    sinceSeconds: 60,
    sinceTimeMs: undefined,
    limitBytes: 10,
    stream: "All",
  });
  expect(read("sinceTime=2026-01-01T00:00:00Z&stream=Stderr")).toMatchObject({
    sinceTimeMs: Date.UTC(2026, 0, 1),
    stream: "Stderr",
  });
  expect([read("tail=all&tailLines=3").tailLines, read("tail=2").tailLines]).toEqual([undefined, 2]);
});

test("what cannot be read, or makes no sense, is refused", () => {
  for (const query of ["tailLines=many", "sinceTime=yesterday"]) expect(() => read(query)).toThrow("Unable to decode query.");
  for (const query of [
    "tailLines=-1",
    "limitBytes=0",
    "sinceSeconds=0",
    "sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z",
    "stream=Middle",
    "stream=Stdout&tailLines=1",
  ])
    expect(() => read(query)).toThrow("Invalid request.");
});
