import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/** What to hand in: a value by the argument it is for (`CommunityEvent.checkIns(within)`), or by its name alone. */
export interface Samples {
  arguments: Record<string, unknown>;
  /** Ids of objects by type, to be asked for by `node(id)`. */
  nodes: Record<string, readonly string[]>;
}

/** One field, and an operation that leads there by the shortest way: its value, wherever it is reached, is called `asked`. */
export interface Question {
  operation: 'query' | 'mutation' | 'subscription';
  type: string;
  field: string;
  text: string;
}

/** Wraps a selection on objects of one type into an operation. */
type Way = (selection: string) => string;

/**
 * Every field of every type of a schema: nothing is listed by hand, so what is added is walked, too. Types that no way leads
 * to are in `lost`.
 */
export function everyField(schema: GraphQLSchema, samples: Samples): { questions: Question[]; lost: string[] } {
  const questions: Question[] = [];
  const ways = new Map<GraphQLObjectType, { operation: Question['operation']; ways: Way[] }>();
  const queue: GraphQLObjectType[] = [];
  const lead = (type: GraphQLObjectType, operation: Question['operation'], to: Way[]): void => {
    if (ways.has(type)) return;
    ways.set(type, { operation, ways: to });
    queue.push(type);
  };
  for (const [operation, type] of [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const) {
    if (!type) continue;
    lead(type, operation, [(selection) => `${operation} { ${selection} }`]);
    if (operation === 'query') {
      for (const [name, ids] of Object.entries(samples.nodes)) {
        const node = schema.getType(name);
        if (!isObjectType(node) || !type.getFields().node || ids.length === 0) continue;
        const byId = ids.map(
          (id): Way =>
            (selection) =>
              `{ node(id: ${JSON.stringify(id)}) { ... on ${name} { ${selection} } } }`,
        );
        lead(node, 'query', byId);
      }
    }
    // All that queries lead to first: what only a change leads to is asked for there.
    while (queue.length > 0) {
      const from = queue.shift()!;
      const { ways: here } = ways.get(from)!;
      for (const field of Object.values(from.getFields())) {
        const named = getNamedType(field.type);
        const call = callOf(from, field, samples);
        const results = isObjectType(named) ? [named] : isAbstractType(named) ? schema.getPossibleTypes(named) : [];
        // As much as possible at once: a value comes with everything that it can tell without a further way.
        const tails = results.map(
          (it) => ` { __typename ... on ${it.name} ${leavesOf(it, samples) || '{ __typename }'} }`,
        );
        for (const way of here) {
          for (const tail of isCompositeType(named) ? tails : ['']) {
            questions.push({ operation, type: from.name, field: field.name, text: way(`asked: ${call}${tail}`) });
          }
        }
        for (const result of results) {
          const narrow = (selection: string) =>
            result === named ? selection : `... on ${result.name} { ${selection} }`;
          lead(
            result,
            operation,
            here.map(
              (way): Way =>
                (selection) =>
                  way(`${call} { ${narrow(selection)} }`),
            ),
          );
        }
      }
    }
  }
  const lost = Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith('__') && !ways.has(type))
    .map(({ name }) => name);
  return { questions, lost };
}

/** The fields of a type that have no fields of their own. */
function leavesOf(type: GraphQLObjectType, samples: Samples): string {
  const leaves = Object.values(type.getFields()).filter((field) => !isCompositeType(getNamedType(field.type)));
  return leaves.length === 0 ? '' : `{ ${leaves.map((field) => callOf(type, field, samples)).join(' ')} }`;
}

function callOf(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, { arguments: known }: Samples): string {
  const valueFor = (argument: GraphQLArgument) =>
    known[`${type.name}.${field.name}(${argument.name})`] ?? known[argument.name];
  const values = field.args
    .filter((argument) => isRequiredArgument(argument) || valueFor(argument) !== undefined)
    .map((argument) => {
      const value = valueFor(argument);
      return `${argument.name}: ${value === undefined ? anyValue(argument.type) : JSON.stringify(value)}`;
    });
  return values.length === 0 ? field.name : `${field.name}(${values.join(', ')})`;
}

/** Something that fits, as a literal: with no more in it than has to be. */
function anyValue(type: GraphQLInputType): string {
  const named: GraphQLNamedInputType = getNamedType(type);
  const isList = String(type).startsWith('[');
  const literal = (): string => {
    if (isEnumType(named)) return named.getValues()[0]!.name;
    if (isInputObjectType(named)) {
      const fields = Object.values(named.getFields()).filter(isRequiredInputField);
      return `{ ${fields.map((field) => `${field.name}: ${anyValue(field.type)}`).join(', ')} }`;
    }
    const scalars: Record<string, string> = {
      Int: '1',
      Boolean: 'true',
      UUID: '"5f3b9b60-6c9c-4d0e-8a55-0d7f4c1c9a11"',
      DateTime: '"2026-01-01T00:00:00Z"',
      Date: '"2010-01-01"',
    };
    return scalars[named.name] ?? '"nothing"';
  };
  return isList ? `[${literal()}]` : literal();
}
