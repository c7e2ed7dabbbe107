/** The resize channel: JSON objects one after the other, `{"Width": columns, "Height": rows}`, cut anywhere. */
import { encodeUtf8 } from "../../base/bytes.ts";
import type { ByteSource } from "../byte-stream.ts";

/** An object is some 30 characters; what gets this long without an end is none. */
const MAX_WAITING_CHARACTERS = 1024;
const MAX_SIZE = 0xffff;

const isSize = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_SIZE;

function sizeOf(text: string): [columns: number, rows: number] | undefined {
  try {
    const { Width = 0, Height = 0 } = JSON.parse(text) as { Width?: unknown; Height?: unknown };
    return isSize(Width) && isSize(Height) ? [Width, Height] : undefined;
  } catch {
    return undefined;
  }
}

/** Calls `onResize` for each size. After the first that cannot be read nothing more is. */
export function readTerminalSizes(source: ByteSource, onResize: (columns: number, rows: number) => void): void {
  const decoder = new TextDecoder();
  let waiting = "";
  let isBroken = false;
  source.onData((bytes) => {
    if (isBroken) return;
    waiting += decoder.decode(bytes, { stream: true });
    for (let end = waiting.indexOf("}"); end >= 0 && !isBroken; end = waiting.indexOf("}")) {
      const size = sizeOf(waiting.slice(0, end + 1));
      waiting = waiting.slice(end + 1);
      if (size === undefined) isBroken = true;
      else onResize(...size);
    }
    if (waiting.length > MAX_WAITING_CHARACTERS) isBroken = true;
  });
}

export const encodeTerminalSize = (columns: number, rows: number): Uint8Array =>
  encodeUtf8(JSON.stringify({ Width: columns, Height: rows }));
