/**
 * Values of topology labels (zone, hostname, rack) as one small number a node: what spreads or groups Pods counts in arrays by it.
 *
 * Number 0 is a node without the label. A label gets its column when a Pod first asks for it; a value that no node has any more gives
 * its number back.
 */
import { Column } from "./columns.ts";

export class Topology {
  readonly key: string;
  readonly #column = new Column();
  readonly #numbers = new Map<string, number>();
  readonly #uses: number[] = [0];
  readonly #values: string[] = [""];
  readonly #free: number[] = [];

  constructor(key: string) {
    this.key = key;
  }

  /** By node index. */
  get valueAt(): Float64Array {
    return this.#column.values;
  }

  /** Numbers of values are below it. */
  get size(): number {
    return this.#uses.length;
  }

  grow(size: number): void {
    this.#column.grow(size);
  }

  set(index: number, value: string | undefined): void {
    const number = value === undefined ? 0 : this.#take(value);
    this.#release(this.valueAt[index]!);
    this.#column.set(index, number);
  }

  moveLastTo(index: number, last: number): void {
    this.#release(this.valueAt[index]!);
    this.#column.moveLastTo(index, last);
  }

  #take(value: string): number {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#uses.length;
      this.#numbers.set(value, number);
      this.#uses[number] = 0;
      this.#values[number] = value;
    }
    this.#uses[number]!++;
    return number;
  }

  #release(number: number): void {
    if (number === 0 || --this.#uses[number]! > 0) return;
    this.#numbers.delete(this.#values[number]!);
    this.#free.push(number);
  }
}
