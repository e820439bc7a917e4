import { unitsBelow } from '../hierarchy/hierarchy.service.js';
import type { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import type { Database } from '../kernel/database/database.js';

/** The units directly below one, for as long as somebody follows its scoreboard. */
interface Outline {
  followers: number;
  /** Undefined before it was read. */
  units: readonly ServiceUnit[] | undefined;
  /** Everything about them that a viewer may see. */
  text: string;
}

/**
 * What is directly below the units whose scoreboards this node shows. A scoreboard stays for half a day, in which units get
 * other names, come and go: all outlines are read again together, at every look of the hub.
 */
export class Outlines {
  /** Another one whenever any outline has changed. */
  version = 0;
  private readonly outlines = new Map<number, Outline>();

  constructor(private readonly db: Database) {}

  /** Keeps the outlines of these units, `wholeEvent` for that of the schools, until the result is called. */
  async follow(parentIds: readonly number[]): Promise<() => void> {
    for (const id of parentIds) {
      const outline = this.outlines.get(id);
      if (outline) outline.followers++;
      else this.outlines.set(id, { followers: 1, units: undefined, text: '' });
    }
    const leave = () => {
      for (const id of parentIds) if (--this.outlines.get(id)!.followers === 0) this.outlines.delete(id);
    };
    try {
      const unread = parentIds.filter((id) => !this.outlines.get(id)!.units);
      if (unread.length > 0) await this.read(unread);
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** By code; the same list for as long as nothing about it changes. */
  below(parentId: number): readonly ServiceUnit[] {
    return this.outlines.get(parentId)!.units!;
  }

  /** Looks at all of them again, and answers below which units something has changed. */
  async look(): Promise<number[]> {
    return this.outlines.size === 0 ? [] : this.read([...this.outlines.keys()]);
  }

  private async read(parentIds: readonly number[]): Promise<number[]> {
    const below = await unitsBelow(this.db, parentIds);
    const changed = parentIds.filter((id, i) => {
      const outline = this.outlines.get(id);
      const text = JSON.stringify(below[i]);
      if (!outline || (outline.units && outline.text === text)) return false;
      Object.assign(outline, { units: below[i], text });
      return true;
    });
    if (changed.length > 0) this.version++;
    return changed;
  }
}
