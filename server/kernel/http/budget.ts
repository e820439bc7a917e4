import { AppError } from '../errors.js';
import { ViewerRole, type Viewer } from '../viewer.js';
import type { Caller } from './caller.js';
import { Fault } from './faults.js';
import type { Limits } from './limits.js';

/** What every reply to a partner says, in Shopify's form. */
export interface QueryCost {
  requestedQueryCost: number;
  /** Null for what was not executed. */
  actualQueryCost: number | null;
  throttleStatus: { maximumAvailable: number; currentlyAvailable: number; restoreRate: number };
}

/** What one operation takes out of its owner's budget. */
export class Charge {
  private actual: number | null = null;

  constructor(
    readonly requested: number,
    private readonly budget: Budget,
  ) {}

  /** The operation is answered: what it did not need is given back. Never costs more than was asked for before. */
  settle(actual: number): void {
    if (this.actual !== null) return;
    this.actual = Math.min(actual, this.requested);
    this.budget.giveBack(this.requested - this.actual);
  }

  get cost(): QueryCost {
    const { available, maximum, restoreRate } = this.budget;
    return {
      requestedQueryCost: this.requested,
      actualQueryCost: this.actual,
      throttleStatus: { maximumAvailable: maximum, currentlyAvailable: Math.floor(available), restoreRate },
    };
  }

  /** In how many milliseconds the budget is whole again, if nobody draws on it. */
  get wholeInMs(): number {
    const { available, maximum, restoreRate } = this.budget;
    return ((maximum - available) / restoreRate) * 1000;
  }
}

/** The budget does not reach for the operation now. */
export class Throttled extends Fault {
  constructor(
    readonly charge: Charge,
    readonly retryAfterSeconds: number,
  ) {
    super('throttled', String(retryAfterSeconds));
  }

  override toError(caller: Caller): AppError {
    const { message, extensions } = super.toError(caller);
    const { retryAfterSeconds, charge } = this;
    return new AppError(this.kind.code, message, { ...extensions, retryAfterSeconds, cost: charge.cost });
  }
}

/** Points that come back by themselves, as water drips into a bucket. */
export class Budget {
  private level: number;
  private at = performance.now();

  constructor(
    readonly maximum: number,
    readonly restoreRate: number,
  ) {
    this.level = maximum;
  }

  get available(): number {
    const now = performance.now();
    this.level = Math.min(this.maximum, this.level + ((now - this.at) / 1000) * this.restoreRate);
    this.at = now;
    return this.level;
  }

  /** Takes what an operation may cost at most. Throws {@link Throttled}, or a Fault for what no patience will help. */
  spend(requested: number): Charge {
    if (requested > this.maximum) throw new Fault('tooDear', `${requested} > ${this.maximum}`);
    const missing = requested - this.available;
    if (missing > 0) throw new Throttled(new Charge(requested, this), Math.ceil(missing / this.restoreRate));
    this.level -= requested;
    return new Charge(requested, this);
  }

  /** A refused document was work, too; it costs one. */
  refused(): Charge {
    this.level = Math.max(0, this.available - 1);
    const charge = new Charge(1, this);
    charge.settle(1);
    return charge;
  }

  giveBack(points: number): void {
    this.level = Math.min(this.maximum, this.available + points);
  }
}

/** Every this many budgets, those that are whole again are forgotten: a new one would be the same. */
const sweptAt = 1_000;

/**
 * One budget for each partner organisation: all its keys draw on it. Each node keeps its own, so behind a balancer an
 * organisation has as many as there are nodes. Nobody else has one.
 */
export class Budgets {
  private readonly budgets = new Map<string, Budget>();

  constructor(private readonly limits: Limits) {}

  of(viewer: Viewer): Budget | undefined {
    if (viewer.role !== ViewerRole.PARTNER) return undefined;
    const owner = viewer.partnerId === null ? `key ${viewer.keyId}` : `partner ${viewer.partnerId}`;
    let budget = this.budgets.get(owner);
    if (!budget) {
      if (this.budgets.size % sweptAt === sweptAt - 1) this.sweep();
      this.budgets.set(owner, (budget = new Budget(this.limits.budget, this.limits.budgetPerSecond)));
    }
    return budget;
  }

  private sweep(): void {
    for (const [owner, budget] of this.budgets) if (budget.available >= budget.maximum) this.budgets.delete(owner);
  }
}
