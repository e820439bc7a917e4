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
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '');
}
