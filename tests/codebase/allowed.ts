/** Exceptions to the size rules. These lists only shrink. */
export const LARGE_FILES: readonly string[] = [];
export const LARGE_FUNCTIONS: readonly string[] = [];
