import { graphql } from './graphql.ts';

export const unitByCode = graphql(`
  query UnitByCode($code: String!) {
    serviceUnit(code: $code) {
      id
    }
  }
`);
