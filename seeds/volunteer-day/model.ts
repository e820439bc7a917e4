/** What the wall counts, as far as the model follows it: minutes are the server's own. */
export interface Counts {
  checkIns: number;
  people: number;
  onSite: number;
}

export type Outcome =
  /** A row: an arrival, a move, or a check-out of somebody present. */
  | 'RECORDED'
  /** No row: the person is at this post already. */
  | 'ALREADY_CHECKED_IN'
  /** A row without effect on the counts: a check-out of somebody who is not present. */
  | 'KEPT_FOR_REVIEW';

interface UnitState {
  checkIns: number;
  people: Set<string>;
  onSite: number;
}

/**
 * The player's own idea of who is where, kept apart from the server's so that the two can be compared. A move is one
 * row: the person leaves one post and arrives at the other; people are counted once in each unit, however often they come.
 */
export class DayModel {
  readonly #present = new Map<string, string>();
  readonly #units = new Map<string, UnitState>();

  /** `pathOf` gives a post's units: event, school, station, team and the post itself. */
  constructor(private readonly pathOf: (post: string) => readonly string[]) {}

  checkIn(person: string, post: string): Outcome {
    if (this.#present.get(person) === post) return 'ALREADY_CHECKED_IN';
    this.#leave(person);
    this.#present.set(person, post);
    for (const unit of this.#path(post)) {
      unit.checkIns++;
      unit.onSite++;
      unit.people.add(person);
    }
    return 'RECORDED';
  }

  checkOut(person: string): Outcome {
    return this.#leave(person) ? 'RECORDED' : 'KEPT_FOR_REVIEW';
  }

  whereIs(person: string): string | undefined {
    return this.#present.get(person);
  }

  counts(unit: string): Counts {
    const { checkIns, people, onSite } = this.#unit(unit);
    return { checkIns, people: people.size, onSite };
  }

  #leave(person: string): boolean {
    const post = this.#present.get(person);
    if (post === undefined) return false;
    this.#present.delete(person);
    for (const unit of this.#path(post)) unit.onSite--;
    return true;
  }

  #path(post: string): UnitState[] {
    return this.pathOf(post).map((unit) => this.#unit(unit));
  }

  #unit(id: string): UnitState {
    let unit = this.#units.get(id);
    if (!unit) this.#units.set(id, (unit = { checkIns: 0, people: new Set(), onSite: 0 }));
    return unit;
  }
}
