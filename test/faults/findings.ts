/** What must not be, found on the way or at the end. One is enough for the proof to fail. */
export class Findings {
  readonly violations: string[] = [];
  private readonly counts = new Map<string, number>();

  constructor(private readonly tell: (text: string) => void = () => undefined) {}

  /** The same kind of thing is told in full a few times, and counted after that. */
  violation(kind: string, detail: string): void {
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    if (count > 5) return;
    const text = `${kind}: ${detail}`;
    this.violations.push(text);
    this.tell(text.length > 1_000 ? `${text.slice(0, 1_000)} …` : text);
  }

  /** Kinds that came more often than they are told. */
  get more(): string[] {
    return [...this.counts].filter(([, count]) => count > 5).map(([kind, count]) => `${kind}: ${count} times in all`);
  }
}
