import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { Fault } from './faults.js';
import type { Limits } from './limits.js';

/** What a piece of a document amounts to once its fragments are spread. */
interface Measure {
  depth: number;
  fields: number;
  aliases: number;
  directives: number;
  /** Fields that are asked for again at the same level: validation compares each with each. */
  repeats: number;
  /** Asks for the schema itself. `__typename` does not count. */
  introspects: boolean;
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

export function fragmentsOf(document: DocumentNode): Fragments {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  return fragments;
}

/** Throws when the document is too large in any respect; each fragment is looked at once, however often it is spread. */
export function measureDocument(
  operation: OperationDefinitionNode,
  fragments: Fragments,
  limits: Limits,
): { introspects: boolean } {
  const measured = new Map<string, Measure | 'open'>();

  const ofFragment = (name: string): Measure | undefined => {
    const known = measured.get(name);
    if (known === 'open') throw new Fault('fragmentCycle');
    if (known) return known;
    const fragment = fragments.get(name);
    if (!fragment) return undefined; // validation says so
    measured.set(name, 'open');
    const measure = nothing(fragment.directives?.length);
    addSelections(measure, fragment.selectionSet, new Set(), '');
    measured.set(name, measure);
    return measure;
  };

  /** `seen` holds what was asked for at this level, by type and response name. */
  const addSelections = (sum: Measure, set: SelectionSetNode, seen: Set<string>, type: string): void => {
    for (const node of set.selections) {
      sum.directives += node.directives?.length ?? 0;
      if (node.kind === Kind.FIELD) {
        const name = node.name.value;
        const key = `${type} ${node.alias?.value ?? name}`;
        if (seen.has(key)) sum.repeats += 1;
        seen.add(key);
        sum.fields += 1;
        if (node.alias) sum.aliases += 1;
        if (name === '__schema' || name === '__type') sum.introspects = true;
        const inner = nothing();
        if (node.selectionSet) addSelections(inner, node.selectionSet, new Set(), '');
        add(sum, { ...inner, depth: inner.depth + 1 });
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        addSelections(sum, node.selectionSet, seen, node.typeCondition?.name.value ?? type);
      } else {
        add(sum, ofFragment(node.name.value) ?? nothing());
      }
    }
  };

  const check = (measure: Measure): void => {
    if (measure.depth > limits.depth) throw new Fault('tooDeep');
    if (measure.aliases > limits.aliases) throw new Fault('tooManyAliases');
    if (measure.directives > limits.directives) throw new Fault('tooManyDirectives');
    if (measure.fields > limits.fields) throw new Fault('tooManyFields');
    if (measure.repeats > limits.repeats) throw new Fault('tooManyRepeats');
  };

  const total = nothing(operation.directives?.length);
  for (const { directives } of operation.variableDefinitions ?? []) total.directives += directives?.length ?? 0;
  addSelections(total, operation.selectionSet, new Set(), '');
  check(total);
  // Also those that nothing spreads: validation looks at them before it refuses them.
  for (const name of fragments.keys()) check(ofFragment(name) ?? nothing());
  return { introspects: total.introspects };
}

function nothing(directives = 0): Measure {
  return { depth: 0, fields: 0, aliases: 0, directives, repeats: 0, introspects: false };
}

function add(sum: Measure, part: Measure): void {
  sum.depth = Math.max(sum.depth, part.depth);
  sum.fields += part.fields;
  sum.aliases += part.aliases;
  sum.directives += part.directives;
  sum.repeats += part.repeats;
  sum.introspects ||= part.introspects;
}
