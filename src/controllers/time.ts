/** Times as they stand in objects. */
const SECOND_MS = 1_000;

/** RFC 3339 in whole seconds: what metav1.Time is. */
export const timestamp = (nowMs: number): string => new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");

/** With microseconds: what metav1.MicroTime is. */
export const microTimestamp = (nowMs: number): string => new Date(nowMs).toISOString().replace("Z", "000Z");

/** Milliseconds since the epoch; 0 for none. */
export const timeOf = (text: string | null | undefined): number => (text ? Date.parse(text) : 0);

export const seconds = (count: number): number => count * SECOND_MS;
