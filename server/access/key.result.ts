import { createUnionType, Field, ObjectType } from 'type-graphql';
import { ServiceUnit } from '../hierarchy/service-unit.entity.js';
import { Refusal } from '../kernel/refusal.js';
import { AccessKey } from './access-key.entity.js';

@ObjectType({ description: 'Issued. This is the only time that the key is told: only its hash is kept.' })
export class KeyIssued {
  @Field(() => String, { description: 'To be sent as `Authorization: Bearer …`, never in a URL.' })
  key!: string;

  @Field(() => AccessKey, { description: 'What is known of it from now on.' })
  accessKey!: AccessKey;
}

@ObjectType({ implements: Refusal, description: 'The partner is suspended; no key was issued.' })
export class PartnerIsSuspended extends Refusal {}

export const IssueKeyResult = createUnionType({
  name: 'IssueKeyResult',
  description: 'What became of issuing a key.',
  types: () => [KeyIssued, PartnerIsSuspended] as const,
});

@ObjectType({ description: 'Replaced. This is the only time that the new key is told.' })
export class KeyRotated {
  @Field(() => String, { description: 'The new key, to be sent as `Authorization: Bearer …`.' })
  key!: string;

  @Field(() => AccessKey, { description: 'The new one, with the name, role and unit of the old one.' })
  accessKey!: AccessKey;

  @Field(() => AccessKey, { description: 'The old one: `expiresAt` says until when it still works.' })
  replaced!: AccessKey;
}

@ObjectType({
  implements: Refusal,
  description: 'The key has ended, or has been replaced before; nothing was changed.',
})
export class KeyNotReplaced extends Refusal {}

export const RotateKeyResult = createUnionType({
  name: 'RotateKeyResult',
  description: 'What became of replacing a key.',
  types: () => [KeyRotated, KeyNotReplaced] as const,
});

@ObjectType({ description: 'A screen can be paired now: it shows the code and asks with the secret.' })
export class PairingBegun {
  @Field(() => String, { description: 'For people: eight capitals and digits, none of which looks like another.' })
  code!: string;

  @Field(() => String, { description: 'For the screen alone: collects the token, see `collectPairing`.' })
  secret!: string;

  @Field(() => Date, { description: 'When it is too late to confirm the code.' })
  expiresAt!: Date;
}

@ObjectType({ description: 'Confirmed. The screen collects its token by itself.' })
export class PairingConfirmed {
  @Field(() => String, { description: 'As it was given.' })
  name!: string;

  @Field(() => ServiceUnit, { nullable: true, description: 'Whose screen it is; null for the whole community.' })
  unit!: ServiceUnit | null;
}

@ObjectType({
  implements: Refusal,
  description: 'There is no such code, it has expired, or somebody has confirmed it before; nothing was changed.',
})
export class PairingCodeRejected extends Refusal {}

export const ConfirmPairingResult = createUnionType({
  name: 'ConfirmPairingResult',
  description: 'What became of confirming a code. Too many wrong ones are an error, RATE_LIMITED.',
  types: () => [PairingConfirmed, PairingCodeRejected] as const,
});

@ObjectType({ description: 'Nobody has confirmed the code yet: ask again in two seconds.' })
export class PairingWaiting {
  @Field(() => Date, { description: 'When it is too late.' })
  expiresAt!: Date;
}

@ObjectType({ description: 'The token of a screen, told this once.' })
export class DisplayToken {
  @Field(() => String, { description: 'To be sent as `Authorization: Bearer …`. It reads, and changes nothing.' })
  token!: string;

  @Field(() => String, { description: 'What the screen was called.' })
  name!: string;
}

@ObjectType({ implements: Refusal, description: 'Too late, or collected before: begin anew.' })
export class PairingExpired extends Refusal {}

export const CollectPairingResult = createUnionType({
  name: 'CollectPairingResult',
  description: 'How far the pairing of a screen is.',
  types: () => [PairingWaiting, DisplayToken, PairingExpired] as const,
});
