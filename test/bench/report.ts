/** What ours has to reach against something else: to be so many times as good, or to take so much of it at most. */
export interface Goal {
  sense: 'at least' | 'at most';
  goal?: number;
  stretch?: number;
}

export const atLeast = (goal: number | undefined, stretch?: number): Goal => ({ sense: 'at least', goal, stretch });
export const atMost = (goal: number | undefined, stretch?: number): Goal => ({ sense: 'at most', goal, stretch });

export interface Line {
  what: string;
  measured: string;
  /** Ours against this line: how many times as good, or, where a goal is `at most`, how many times as much. */
  ratio?: number;
  /** What is judged where there is nothing to compare with. */
  value?: number;
  goal?: Goal;
}

export interface Table {
  title: string;
  lines: Line[];
}

export type Verdict = 'stretch met' | 'met' | 'MISSED' | 'stretch missed';

export function judge({ ratio, value = ratio, goal }: Line): Verdict | undefined {
  if (value === undefined || !goal) return undefined;
  const reached = (bound: number) => (goal.sense === 'at most' ? value <= bound : value >= bound);
  if (goal.stretch !== undefined && reached(goal.stretch)) return 'stretch met';
  if (goal.goal === undefined) return 'stretch missed';
  return reached(goal.goal) ? 'met' : 'MISSED';
}

const headings = ['', 'measured', 'ours', 'goal', 'stretch', ''];

/** Columns as wide as they have to be; the first is text, the others are figures. */
export function format({ title, lines }: Table): string {
  const rows = lines.map((line) => {
    const { what, measured, ratio, goal } = line;
    const bound = (value: number | undefined) =>
      value === undefined ? '' : `${goal?.sense === 'at most' ? '≤' : '≥'} ${value}`;
    return [
      what,
      measured,
      ratio === undefined ? '' : `${ratio.toFixed(2)} ×`,
      bound(goal?.goal),
      bound(goal?.stretch),
      judge(line) ?? '',
    ];
  });
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lay = (row: string[]) =>
    row.map((cell, i) => (i === 0 || i === 5 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return [title, ...all.map((row) => `  ${lay(row)}`.trimEnd())].join('\n');
}
