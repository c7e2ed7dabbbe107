/** One number a node in a typed array that grows with the cluster. */
export class Column {
  /** Replaced when it grows: read it anew in every scheduling step. */
  values = new Float64Array(16);

  /** Makes room for `size` nodes; new ones are 0. */
  grow(size: number): void {
    if (size <= this.values.length) return;
    const larger = new Float64Array(Math.max(size, this.values.length * 2));
    larger.set(this.values);
    this.values = larger;
  }

  set(index: number, value: number): void {
    this.values[index] = value;
  }

  add(index: number, amount: number): void {
    this.values[index]! += amount;
  }

  /** Moves the value at `last` to `index` and clears `last`. */
  moveLastTo(index: number, last: number): void {
    this.values[index] = this.values[last]!;
    this.values[last] = 0;
  }
}
