/** The form of a flower on a square from -100 to 100: what a station's teams and posts look like, as paths for SVG. */

const heart = 30;
const tip = 88;

/** A petal that stands upright on the flower's heart, notched at its tip, as wide as its share of the circle allows. */
export function petalPath(petals: number): string {
  const w = Math.min(40, 262 / Math.max(petals, 1));
  const at = (x: number, y: number) => `${(x * w).toFixed(1)} ${-y}`;
  const half = (side: 1 | -1) => [at(side * 0.5, 30), at(side * 1.06, 64), at(side * 0.6, tip - 4)].join(' ');
  const notch = (side: 1 | -1) => [at(side * 0.4, tip + 6), at(side * 0.12, tip + 4), at(0, tip - 4)].join(' ');
  const back = [at(-0.12, tip + 4), at(-0.4, tip + 6), at(-0.6, tip - 4), at(-1.06, 64), at(-0.5, 30), at(0, 22)];
  return `M0-22C${half(1)}C${notch(1)}C${back.slice(0, 3).join(' ')}C${back.slice(3).join(' ')}Z`;
}

export interface Stamens {
  /** One line for each post that somebody has come to. */
  threads: string;
  /** A dot at the end of each of these lines. */
  pollen: string;
  /** A dot for each post that is still waiting. */
  waiting: string;
}

/** One stamen for each post, in front of the petal of its team. */
export function stamens(petals: readonly { posts: readonly boolean[] }[]): Stamens {
  let threads = '';
  let pollen = '';
  let waiting = '';
  for (const [index, { posts }] of petals.entries()) {
    for (const [place, covered] of posts.entries()) {
      const turn = ((index - 0.5 + (place + 0.5) / posts.length) / petals.length) * 2 * Math.PI;
      const point = (radius: number) =>
        `${(radius * Math.sin(turn)).toFixed(1)} ${(-radius * Math.cos(turn)).toFixed(1)}`;
      if (covered) {
        const end = point(52 + (place % 3) * 7);
        threads += `M${point(heart)}L${end}`;
        pollen += `M${end}h0`;
      } else waiting += `M${point(heart + 8)}h0`;
    }
  }
  return { threads, pollen, waiting };
}
