/**
 * Makes the Chinese face of the wall: Noto Sans SC (SIL Open Font License), two weights, cut down to the characters that a
 * wall is likely to show, so that all walls look alike and a first load stays small. Run again when words or places change:
 *
 *   npm install --no-save subset-font@2.9.0 @expo-google-fonts/noto-sans-sc@0.4.3 && node web/fonts/make.mjs
 *
 * Characters that are not in it come from the device, or from the slices that every page has.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const require = createRequire(process.env.FONT_TOOLS ?? import.meta.url);
const { default: subsetFont } = await import(require.resolve('subset-font'));
const text = (path) => readFileSync(join(root, path), 'utf8');

/** The wall's own words, the community's places and brands, and the surnames that masked names begin with. */
const surnames =
  '王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金' +
  '韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文樊兰殷施洪翟安颜倪牛温芦季俞章鲁葛伍申尤毕聂柴焦';
const messages = text('web/messages/zh-CN.ts');
const words = [
  messages.slice(messages.indexOf('\n  wall: {')),
  messages.slice(0, messages.indexOf('errors: {')),
  // The descriptions of brands are not on the wall.
  text('seeds/shengbei/places.ts').replaceAll(/, '[^']*[，。][^']*'\]/g, ']'),
  text('seeds/shengbei/volunteer-day.ts'),
  '年月日星期一二三四五六七八九十零百千万第届时分秒上下午人社区志愿者',
].join('');
const han = [...new Set([...words, ...surnames])].filter((character) => /\p{Script=Han}/u.test(character));
const marks = '，。、：；！？“”‘’（）《》—…·×→0123456789:/.,%+-* #';

for (const [weight, file] of [
  [500, '500Medium/NotoSansSC_500Medium.ttf'],
  [700, '700Bold/NotoSansSC_700Bold.ttf'],
]) {
  const whole = readFileSync(require.resolve(`@expo-google-fonts/noto-sans-sc/${file}`));
  const part = await subsetFont(whole, han.join('') + marks, { targetFormat: 'woff2' });
  writeFileSync(join(import.meta.dirname, `wall-sc-${weight}.woff2`), part);
  console.log(`${weight}: ${han.length} characters, ${part.length} bytes`);
}
const codes = han.map((character) => character.codePointAt(0)).sort((a, b) => a - b);
const ranges = [];
for (const code of codes) {
  const last = ranges.at(-1);
  if (last && code === last[1] + 1) last[1] = code;
  else ranges.push([code, code]);
}
const hex = (code) => code.toString(16);
const range = ranges.map(([from, to]) => (from === to ? `U+${hex(from)}` : `U+${hex(from)}-${hex(to)}`)).join(', ');
const face = (weight) => `@font-face {
  font-family: 'Baihua Wall';
  font-weight: ${weight};
  font-display: swap;
  src: url('./wall-sc-${weight}.woff2') format('woff2');
  unicode-range: ${range}, U+b7, U+2014, U+2018-201d, U+2026, U+3001-3002, U+300a-300b, U+ff01-ff1f;
}
`;
writeFileSync(join(import.meta.dirname, 'wall-sc.css'), `/* Written by make.mjs. */\n${face(500)}${face(700)}`);
