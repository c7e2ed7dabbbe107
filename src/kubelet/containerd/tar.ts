/** Writes tar archives of files, directories and symbolic links: enough for an image that we make ourselves. POSIX ustar. */

import { assert } from "../../base/assert.ts";
import { concatBytes, encodeUtf8 } from "../../base/bytes.ts";

export interface TarEntry {
  /** Relative, at most 100 bytes; a directory's ends with a slash. */
  name: string;
  mode: number;
  content: Uint8Array;
  /** Makes it a symbolic link to there, at most 100 bytes. */
  link?: string;
}

const BLOCK = 512;

/** Every entry belongs to root and has the time 0: the same entries give the same bytes. */
export function tar(entries: readonly TarEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    parts.push(header(entry), entry.content, new Uint8Array((BLOCK - (entry.content.length % BLOCK)) % BLOCK));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return concatBytes(parts);
}

function header({ name, mode, content, link }: TarEntry): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const path = encodeUtf8(name);
  assert(path.length <= 100, `${name} is too long a name for a tar archive`);
  const put = (offset: number, text: string): void => block.set(encodeUtf8(text), offset);
  const octal = (offset: number, digits: number, value: number): void => put(offset, value.toString(8).padStart(digits, "0"));
  block.set(path);
  octal(100, 7, mode);
  octal(108, 7, 0);
  octal(116, 7, 0);
  octal(124, 11, content.length);
  octal(136, 11, 0);
  put(156, link !== undefined ? "2" : name.endsWith("/") ? "5" : "0");
  if (link !== undefined) put(157, link);
  put(257, "ustar\u000000");
  // The checksum counts its own field as spaces.
  put(148, "        ");
  octal(
    148,
    6,
    block.reduce((sum, byte) => sum + byte, 0),
  );
  put(154, "\u0000 ");
  return block;
}
