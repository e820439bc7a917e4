import {
  defaultFieldResolver,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { MapperKind, mapSchema, pruneSchema } from '@graphql-tools/utils';
import type { Context } from './context.js';
import { forbidden, unauthenticated } from './errors.js';
import { ViewerRole } from './viewer.js';

type Audience = ReadonlySet<ViewerRole>;

declare module 'graphql' {
  // graphql's own names for them.
  // oxlint-disable-next-line no-unused-vars
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    seenBy?: Audience;
  }
  interface GraphQLInputFieldExtensions {
    seenBy?: Audience;
  }
  // oxlint-disable-next-line no-unused-vars
  interface GraphQLObjectTypeExtensions<_TSource, _TContext> {
    seenBy?: Audience;
  }
}

/**
 * Who sees what: for each type the names of its fields, with those of their arguments in brackets, by the name of their
 * audience.
 */
export type Decisions<Name extends string> = Record<string, Partial<Record<Name, string>>>;

/**
 * Puts the decisions into force, on the schema itself. A field that is not for everyone is refused to the others where an
 * operation begins (UNAUTHENTICATED to the public, FORBIDDEN to the rest), and reads as null further down. Throws an Error
 * that names every type, field and argument that nobody decided on, and every decision on what is not there.
 */
export function decideVisibility<Name extends string>(
  schema: GraphQLSchema,
  audiences: Record<Name, readonly ViewerRole[]>,
  decisions: Decisions<Name>,
): void {
  const wrong: string[] = [];
  const types = schema.getTypeMap();
  for (const name of Object.keys(decisions)) if (!hasFields(types[name])) wrong.push(`${name} is no type with fields`);
  for (const type of Object.values(types)) {
    if (!hasFields(type)) continue;
    const decided = new Map<string, Audience>();
    for (const [name, text] of Object.entries(decisions[type.name] ?? {}) as [Name, string][]) {
      const seenBy = new Set(audiences[name]);
      for (const field of fieldsOf(text)) {
        if (decided.has(field)) wrong.push(`${type.name}.${field} is decided twice`);
        decided.set(field, seenBy);
      }
    }
    const fields: (GraphQLField<unknown, Context> | GraphQLInputField)[] = Object.values(type.getFields());
    for (const field of fields) {
      const signature = signatureOf(field.name, 'args' in field ? field.args.map((argument) => argument.name) : []);
      const seenBy = decided.get(signature);
      decided.delete(signature);
      if (!seenBy) {
        wrong.push(`${type.name}.${signature} is undecided`);
        continue;
      }
      field.extensions = { ...field.extensions, seenBy };
      if (isObjectType(type) && 'args' in field) {
        type.extensions = { ...type.extensions, seenBy: new Set([...(type.extensions.seenBy ?? []), ...seenBy]) };
        guard(field, seenBy, isRoot(schema, type));
      }
    }
    for (const field of decided.keys()) wrong.push(`${type.name}.${field} is not there`);
  }
  if (wrong.length > 0) throw new Error(`Who sees what (server/visibility.ts) is not settled:\n${wrong.join('\n')}`);
}

/** The part of a schema that a role sees: what is left out does not exist, in introspection and in validation alike. */
export function schemaSeenBy(schema: GraphQLSchema, role: ViewerRole): GraphQLSchema {
  const seen = mapSchema(schema, {
    [MapperKind.FIELD]: ({ extensions }) =>
      (extensions?.seenBy as Audience | undefined)?.has(role) ? undefined : null,
  });
  return pruneSchema(seen);
}

/** Whether it is for whoever asks; so is a field of a schema about which nothing is decided. */
export function isForEveryone(field: GraphQLField<unknown, unknown> | undefined): boolean {
  const seenBy = field?.extensions.seenBy;
  return seenBy === undefined || Object.values(ViewerRole).every((role) => seenBy.has(role));
}

/** Whether there are objects of this type for a role: none is to be found by its id otherwise. */
export function maySeeType(type: GraphQLNamedType | undefined, role: ViewerRole): boolean {
  return isObjectType(type) && (type.extensions.seenBy?.has(role) ?? false);
}

function hasFields(
  type: GraphQLNamedType | undefined,
): type is GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType {
  return (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) && !type.name.startsWith('__');
}

function isRoot(schema: GraphQLSchema, type: GraphQLNamedType): boolean {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].some((it) => it === type);
}

/** Partners have a schema of their own, so what is hidden from nobody else costs nothing here. */
function guard(field: GraphQLField<unknown, Context>, seenBy: Audience, root: boolean): void {
  if (Object.values(ViewerRole).every((role) => role === ViewerRole.PARTNER || seenBy.has(role))) return;
  const { resolve = defaultFieldResolver, subscribe } = field;
  const refuse = ({ viewer, locale }: Context): null => {
    if (!root && !isNonNullType(field.type)) return null;
    throw viewer.role === ViewerRole.PUBLIC ? unauthenticated(locale) : forbidden(locale);
  };
  field.resolve = (source, args, ctx, info) =>
    seenBy.has(ctx.viewer.role) ? resolve(source, args, ctx, info) : refuse(ctx);
  if (subscribe) {
    field.subscribe = (source, args, ctx, info) =>
      seenBy.has(ctx.viewer.role) ? subscribe(source, args, ctx, info) : refuse(ctx);
  }
}

/** `a b(c d)` names the fields a and b, and b's arguments c and d. */
function fieldsOf(text: string): string[] {
  return Array.from(text.matchAll(/(\w+)(?:\(([\w\s]*)\))?/g), ([, name, args]) =>
    signatureOf(name!, args?.match(/\w+/g) ?? []),
  );
}

function signatureOf(name: string, args: readonly string[]): string {
  return args.length === 0 ? name : `${name}(${args.toSorted().join(' ')})`;
}
