/** 李晓明 → 李*, 阿依古丽·买买提 → 阿*: the first character stays, however many code units it takes. */
export function maskName(name: string): string {
  const [first = ''] = stripInvisible(name);
  return `${first}*`;
}

/**
 * Direction overrides, zero-width and control characters have no place on a screen: they hide what a name really is.
 * The stored name stays byte for byte.
 */
export function stripInvisible(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, '');
}
