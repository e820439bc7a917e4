import type { Messages } from '#messages/zh-CN.ts';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ data }) => {
  const t: Messages =
    data.locale === 'en' ? (await import('#messages/en.ts')).en : (await import('#messages/zh-CN.ts')).zhCN;
  return { ...data, t };
};
