import { checkCharacter } from '../../server/vault/person.rules.js';
import type { Asker, TestApp } from '../support/app.js';

/** An ID number that is nobody's: no place has a code that begins with 0. */
export function idNumberOf(birthDate: string, order = 1): string {
  const body = `000000${birthDate.replaceAll('-', '')}${String(order).padStart(3, '0')}`;
  return body + checkCharacter(body);
}

const personalData = `personalData { phone idNumber isMinor screenConsentAt guardianConsent { guardian means givenAt } }`;
const person = `volunteer { number displayName ${personalData} }`;

/** One mutation with its answer: the fields of whichever type it is, and the code of an error. */
async function act(app: TestApp, call: string, types: string, variables: Record<string, unknown>, asker?: Asker) {
  const declared = Object.keys(variables).map((name) => `$${name}: ${typeOf[name]}`);
  const document = `mutation (${declared.join(', ')}) { answer: ${call} { __typename ... on Refusal { message } ${types} } }`;
  const { data, errors } = await app.ask(document, variables, { as: 'coordinator', ...asker });
  return { ...data?.answer, code: errors?.[0]?.extensions.code, errors };
}

const typeOf: Record<string, string> = {
  set: 'SetPersonalDataInput!',
  reveal: 'RevealPersonalDataInput!',
  guardian: 'RecordGuardianConsentInput!',
  screen: 'SetScreenConsentInput!',
  volunteer: 'ID!',
  reason: 'String!',
};

const refused = '... on PersonalDataRefused { reason }';

export const setPersonalData = (app: TestApp, set: object, asker?: Asker) =>
  act(app, 'setPersonalData(input: $set)', `... on PersonalDataSet { ${person} } ${refused}`, { set }, asker);

export const reveal = (app: TestApp, reveal: object, asker?: Asker) =>
  act(
    app,
    'revealPersonalData(input: $reveal)',
    '... on PersonalDataRevealed { phone idNumber birthDate guardian }',
    { reveal: { fields: ['PHONE', 'ID_NUMBER', 'BIRTH_DATE', 'GUARDIAN'], reason: '核对报名信息', ...reveal } },
    asker,
  );

export const recordGuardianConsent = (app: TestApp, guardian: object, asker?: Asker) =>
  act(
    app,
    'recordGuardianConsent(input: $guardian)',
    `... on ConsentRecorded { ${person} } ${refused}`,
    { guardian: { guardian: '测监护', means: 'PAPER', ...guardian } },
    asker,
  );

export const withdrawGuardianConsent = (app: TestApp, volunteer: string, asker?: Asker) =>
  act(
    app,
    'withdrawGuardianConsent(volunteer: $volunteer, reason: $reason)',
    `... on ConsentWithdrawn { ${person} }`,
    { volunteer, reason: '监护人来电要求' },
    asker,
  );

export const setScreenConsent = (app: TestApp, volunteer: string, consents: boolean, asker?: Asker) =>
  act(
    app,
    'setScreenConsent(input: $screen)',
    `... on ConsentRecorded { ${person} } ... on ConsentWithdrawn { ${person} } ${refused}`,
    { screen: { volunteer, consents } },
    asker,
  );

export const exportVolunteer = (app: TestApp, volunteer: string, asker?: Asker, reason = '本人要求查看') =>
  act(
    app,
    'exportVolunteer(volunteer: $volunteer, reason: $reason)',
    '... on VolunteerExported { document }',
    { volunteer, reason },
    asker,
  );

export const eraseVolunteer = (app: TestApp, volunteer: string, asker?: Asker, reason = '本人要求注销') =>
  act(
    app,
    'eraseVolunteer(volunteer: $volunteer, reason: $reason)',
    '... on VolunteerErased { tombstone erasedAt }',
    { volunteer, reason },
    asker,
  );

/** A person as a viewer sees them by id; null when they do not. */
export async function seen(app: TestApp, id: string, asker: Asker = { as: 'leader' }) {
  const document = `query ($id: ID!) { node(id: $id) { ... on Volunteer { number displayName ${personalData} } } }`;
  const { data, errors } = await app.ask(document, { id }, asker);
  return { ...data?.node, absent: data?.node === null, code: errors?.[0]?.extensions.code };
}

/** What the audit log holds of one kind of act, the last one last. */
export async function audited(app: TestApp, action: string) {
  const { rows } = await app.sql.query('select * from audit_entry where action = $1 order by sequence', [action]);
  return rows as {
    target_id: string;
    target_name: string;
    reason: string | null;
    details: object;
    actor_role: string;
  }[];
}

/** Every row of every table as text: what a dump would hold. */
export async function dump(app: TestApp): Promise<string> {
  const tables = await app.sql.query<{ name: string }>(
    "select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'",
  );
  const texts: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await app.sql.query<{ text: string }>(`select t::text as text from ${name} t`);
    texts.push(`-- ${name}`, ...rows.map((row) => row.text));
  }
  return texts.join('\n');
}
