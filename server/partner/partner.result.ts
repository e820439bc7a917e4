import { createUnionType, Field, ObjectType } from 'type-graphql';
import { Refusal } from '../kernel/refusal.js';
import { PartnerOrganisation } from './partner-organisation.entity.js';

@ObjectType({ description: 'Entered. It sees nothing before it has a key, see `issueKey`.' })
export class PartnerRegistered {
  @Field(() => PartnerOrganisation, { description: 'As it was entered.' })
  partner!: PartnerOrganisation;
}

@ObjectType({ implements: Refusal, description: 'Another partner has this code; nothing was entered.' })
export class PartnerCodeTaken extends Refusal {}

export const RegisterPartnerResult = createUnionType({
  name: 'RegisterPartnerResult',
  description: 'What became of entering a partner.',
  types: () => [PartnerRegistered, PartnerCodeTaken] as const,
});
