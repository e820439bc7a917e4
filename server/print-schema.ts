import { writeFile } from 'node:fs/promises';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchema } from './schema.js';

/** Writes the contract: `npm run gen`. */
await writeFile('schema/schema.graphql', `${printSchema(lexicographicSortSchema(buildSchema()))}\n`);
