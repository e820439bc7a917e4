/** Ids that the API gives out: opaque to clients, unique over all types, as Relay asks. */

export function toGlobalId(type: string, key: string | number): string {
  return Buffer.from(`${type}:${key}`).toString('base64url');
}

/** Undefined for anything that is not an id of ours, however it was made up. */
export function fromGlobalId(id: string): { type: string; key: string } | undefined {
  const text = Buffer.from(id, 'base64url').toString();
  const match = /^([A-Za-z]+):([0-9A-Za-z.-]{1,64})$/.exec(text);
  if (!match || toGlobalId(match[1]!, match[2]!) !== id) return undefined;
  return { type: match[1]!, key: match[2]! };
}

/** The numeric key of an id of one of `types`; undefined when it is another type's or none. */
export function numericKey(id: string, ...types: string[]): number | undefined {
  const parsed = fromGlobalId(id);
  if (!parsed || !types.includes(parsed.type) || !/^[1-9]\d{0,8}$/.test(parsed.key)) return undefined;
  return Number(parsed.key);
}
