/** Documents that are larger than they look. */

export const times = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join(' ');

/** Each fragment spreads the next one twice: written in a line, read 2^30 times. */
export const doubling = (body: (next: string) => string, last: string) =>
  `{ ...F0 } ${times(30, (i) => `fragment F${i} on Query { ${body(`...F${i + 1}`)} }`)} fragment F30 on Query { ${last} }`;
