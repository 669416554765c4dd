/** A count with its noun: `1 object`, `3 objects`, `2 directories`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
