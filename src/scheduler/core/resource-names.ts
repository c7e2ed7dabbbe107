/** Interns resource names as columns of the snapshot. The first ones are fixed. */
export interface ResourceNames {
  readonly names: readonly string[];
  /** The column of the resource; a new one where it has none yet. */
  column(name: string): number;
}

export const CPU = 0;
export const MEMORY = 1;

export function resourceNames(): ResourceNames {
  const names = ["cpu", "memory", "ephemeral-storage"];
  const columns = new Map(names.map((name, index) => [name, index]));
  return {
    names,
    column(name) {
      let column = columns.get(name);
      if (column === undefined) {
        column = names.push(name) - 1;
        columns.set(name, column);
      }
      return column;
    },
  };
}
