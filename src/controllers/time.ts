/** Times as they stand in objects. */
/** RFC 3339 in whole seconds: what metav1.Time is. */
export const timestamp = (nowMs: number): string => new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");

/** Milliseconds since the epoch; 0 for none. */
export const timeOf = (text: string | null | undefined): number => (text ? Date.parse(text) : 0);
