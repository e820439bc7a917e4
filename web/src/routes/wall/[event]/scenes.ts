/** What a wall shows in turn. */
export const scenes = ['overview', 'stream', 'stations', 'arrivals', 'programme', 'thanks'] as const;
export type Scene = (typeof scenes)[number];

export const isScene = (text: string | null | undefined): text is Scene =>
  (scenes as readonly (string | null | undefined)[]).includes(text);

/** The garden is what people look for; the others visit. */
export const sceneMs = (scene: Scene) => (scene === 'overview' ? 40_000 : 15_000);

export interface Facts {
  checkIns: number;
  people: number;
  /** Of all stations together. */
  registered: number;
  /** Quarters of an hour in which somebody came. */
  quarters: number;
  hasTheme: boolean;
  isOver: boolean;
}

/** The scenes that have something to say, in their order. */
export function scenesFor({ checkIns, people, registered, quarters, hasTheme, isOver }: Facts): Scene[] {
  const says: Record<Scene, boolean> = {
    overview: true,
    stream: checkIns > 0 && !isOver,
    stations: people > 0 && registered > 0,
    arrivals: quarters > 1,
    programme: hasTheme && !isOver,
    thanks: isOver && people > 0,
  };
  return scenes.filter((scene) => says[scene]);
}

/** The one behind `scene`, which may have lost its say meanwhile. */
export function nextScene(scene: Scene, turns: readonly Scene[]): Scene {
  const behind = scenes.slice(scenes.indexOf(scene) + 1);
  return behind.find((it) => turns.includes(it)) ?? turns[0] ?? 'overview';
}
