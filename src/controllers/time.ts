/** Times of objects, read: `formatTime` of src/api/time.ts writes them. */

/** Milliseconds since the epoch; 0 for none. */
export const timeOf = (text: string | null | undefined): number => (text ? Date.parse(text) : 0);
