import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { JsonObject } from '../ehr/json.ts';
import { inTransaction, readCurrent, writeVersion } from '../ehr/store.ts';
import { validateResource } from '../ehr/validation.ts';
import { flagOf, practitionerOf, qualificationOf, type Credential } from './records.ts';

export interface Which {
  code: string;
  /** Of a privilege. */
  facility?: string;
}

export interface Granted extends Which {
  issuedOn: string;
  expiresOn?: string;
  number?: string;
  /** Applied for and not yet verified. */
  isPending?: boolean;
}

/** The people of the credentialing office: what they note is in the record at once. All of it keeps their rules or throws. */
export interface Office {
  /** Opens a file on somebody. */
  register(person: { personId: string; given: string; family: string; npi?: string }): Promise<void>;
  grant(personId: string, credential: Granted): Promise<string>;
  /** A pending one was verified. */
  verify(personId: string, which: Which): Promise<void>;
  /** Until the end of another, later day. */
  renew(personId: string, which: Which & { expiresOn: string }): Promise<void>;
  suspend(personId: string, which: Which): Promise<void>;
  reinstate(personId: string, which: Which): Promise<void>;
  /** For good: what comes after is a new credential. */
  revoke(personId: string, which: Which): Promise<void>;
  /** The month's list names somebody, often weeks after the day from which it holds. */
  sanction(personId: string, entry: { source: string; from: string }): Promise<void>;
  /** A later list says until when it held. */
  liftSanction(personId: string, entry: { source: string; to: string }): Promise<void>;
}

interface Row {
  credential_id: string;
  code: string;
  facility: string | null;
  number: string;
  status: 'active' | 'inactive' | 'revoked' | 'pending';
  issued_on: string;
  expires_on: string | null;
}

const COLUMNS = `credential_id, code, facility, number, status, issued_on::text, expires_on::text`;

export function createOffice(pool: Pool): Office {
  /** One change of one file, with the record that shows it. */
  function file<T>(personId: string, change: (client: PoolClient, practitionerId: string) => Promise<T>): Promise<T> {
    return inTransaction(pool, async (client) => {
      const { rows: [person] } = await client.query<{ practitioner_id: string }>('select practitioner_id from credentialing.person where person_id = $1 for update', [personId]);
      if (!person) throw new Error(`credentialing has no file on ${personId}`);
      return change(client, person.practitioner_id);
    });
  }

  function change(personId: string, { code, facility }: Which, from: readonly Row['status'][], set: string, values: unknown[] = []): Promise<void> {
    return file(personId, async (client, practitionerId) => {
      const { rowCount } = await client.query(
        `update credentialing.credential set ${set} where person_id = $1 and code = $2 and coalesce(facility, '') = $3 and status = any($4)`, [personId, code, facility ?? '', from, ...values]);
      if (rowCount !== 1) throw new Error(`${personId} has no ${code} that is ${from.join(' or ')}`);
      await show(client, personId, practitionerId);
    });
  }

  return {
    register: (person) => inTransaction(pool, async (client) => {
      const practitionerId = `practitioner-${person.personId.toLowerCase()}`;
      await client.query('insert into credentialing.person (person_id, practitioner_id) values ($1, $2)', [person.personId, practitionerId]);
      await keep(client, practitionerOf(practitionerId, person));
    }),

    grant: (personId, { code, facility, issuedOn, expiresOn, number, isPending = false }) => file(personId, async (client, practitionerId) => {
      const credentialId = `CR-${randomUUID().slice(0, 13)}`;
      await client.query('insert into credentialing.credential (credential_id, person_id, code, facility, number, status, issued_on, expires_on) values ($1, $2, $3, $4, $5, $6, $7, $8)',
        [credentialId, personId, code, facility ?? null, number ?? `${code}-${credentialId.slice(3, 11)}`, isPending ? 'pending' : 'active', issuedOn, expiresOn ?? null]);
      await show(client, personId, practitionerId);
      return credentialId;
    }),

    verify: (personId, which) => change(personId, which, ['pending'], `status = 'active'`),
    async renew(personId, { expiresOn, ...which }) {
      await change(personId, which, ['active', 'inactive'], 'expires_on = greatest(expires_on, $5::date)', [expiresOn]);
    },
    suspend: (personId, which) => change(personId, which, ['active'], `status = 'inactive'`),
    reinstate: (personId, which) => change(personId, which, ['inactive'], `status = 'active'`),
    revoke: (personId, which) => change(personId, which, ['active', 'inactive', 'pending'], `status = 'revoked'`),

    sanction: (personId, { source, from }) => file(personId, async (client, practitionerId) => {
      const flagId = `sanction-${randomUUID()}`;
      await client.query('insert into credentialing.sanction (flag_id, person_id, source, from_day) values ($1, $2, $3, $4)', [flagId, personId, source, from]);
      await keep(client, flagOf(flagId, practitionerId, { source, from }));
    }),

    liftSanction: (personId, { source, to }) => file(personId, async (client, practitionerId) => {
      const { rows: [lifted] } = await client.query<{ flag_id: string; from_day: string }>(
        'update credentialing.sanction set to_day = $3 where person_id = $1 and source = $2 and to_day is null returning flag_id, from_day::text', [personId, source, to]);
      if (!lifted) throw new Error(`${personId} is not on ${source}`);
      await keep(client, flagOf(lifted.flag_id, practitionerId, { source, from: lifted.from_day, to }));
    }),
  };
}

/** Writes the person's credentials into the record as the books have them. */
async function show(client: PoolClient, personId: string, practitionerId: string): Promise<void> {
  const { rows } = await client.query<Row>(`select ${COLUMNS} from credentialing.credential where person_id = $1 order by issued_on, credential_id`, [personId]);
  const stored = await readCurrent(client, 'Practitioner', practitionerId, 'for update');
  const { qualification: _before, ...practitioner } = JSON.parse(stored!.text!) as JsonObject;
  await keep(client, { ...practitioner, qualification: rows.map((row) => qualificationOf(credentialOf(row))) });
}

function credentialOf({ credential_id: credentialId, code, facility, number, status, issued_on: issuedOn, expires_on: expiresOn }: Row): Credential {
  return { credentialId, code, number, status, issuedOn, ...(facility === null ? {} : { facility }), ...(expiresOn === null ? {} : { expiresOn }) };
}

async function keep(client: PoolClient, resource: JsonObject): Promise<void> {
  const issues = validateResource(resource);
  if (issues.length > 0) throw new Error(`not a ${String(resource['resourceType'])}: ${JSON.stringify(issues)}`);
  const [type, id] = [String(resource['resourceType']), String(resource['id'])];
  const current = await readCurrent(client, type, id);
  await writeVersion(client, 'PUT', resource, type, id, (current?.version ?? 0) + 1);
}
