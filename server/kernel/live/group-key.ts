import { Kind, visit, type DocumentNode } from 'graphql';
import type { SubscriptionArgs } from '../http/delivery.js';
import { visibilityOf } from '../viewer.js';

/** The argument of a subscription that only says where a subscriber starts, not what it is told. */
const positionArgument = 'after';

interface Facts {
  number: number;
  /** Variables that do nothing but say where to start. */
  positions: Set<string>;
}

const known = new WeakMap<DocumentNode, Facts>();
let documents = 0;

/** Equal for subscribers who are told the same. Equal texts are one document: the door keeps them parsed. */
export function groupOf({ document, operationName, variableValues, caller }: SubscriptionArgs): string {
  let facts = known.get(document);
  if (!facts) known.set(document, (facts = { number: ++documents, positions: positionsOf(document) }));
  const { number, positions } = facts;
  const variables = Object.entries(variableValues ?? {})
    .filter(([name]) => !positions.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([visibilityOf(caller.viewer), caller.locale, number, operationName ?? null, variables]);
}

function positionsOf(document: DocumentNode): Set<string> {
  const positions = new Set<string>();
  const elsewhere = new Set<string>();
  visit(document, {
    Variable(node, _key, parent, _path, ancestors) {
      if (!parent || !('kind' in parent) || parent.kind === Kind.VARIABLE_DEFINITION) return;
      const isPosition = parent.kind === Kind.ARGUMENT && parent.name.value === positionArgument;
      // document > definitions > operation > selection set > selections > root field > arguments
      (isPosition && ancestors.length === 7 ? positions : elsewhere).add(node.name.value);
    },
  });
  return new Set([...positions].filter((name) => !elsewhere.has(name)));
}
