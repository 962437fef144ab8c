import { setTimeout as wait } from 'node:timers/promises';
import type { Happening } from './day/clinical-day.ts';

export interface ClinicianOptions {
  fhirUrl: string;
  tokenUrl: string;
  clientId: string;
  secret: string;
  retryAfterMs?: number;
  mostAttempts?: number;
}

export interface Clinician {
  /** Puts what happened into the record, again and again while the EHR is ill; recording twice changes nothing lasting. */
  record(happening: Pick<Happening, 'kind' | 'id' | 'resources'>): Promise<void>;
  /** Deletes a record: `SupplyDelivery/7`. */
  remove(reference: string): Promise<void>;
}

/** The people at the bedside, who record through the EHR's own door. */
export function createClinician(options: ClinicianOptions): Clinician {
  const { retryAfterMs = 250, mostAttempts = 40 } = options;
  let token: Promise<string> | undefined;

  const attempt = async (bundle: object): Promise<Response> => {
    token ??= fetchToken(options);
    const response = await fetch(options.fhirUrl, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await token}`, 'Content-Type': 'application/fhir+json', Prefer: 'return=minimal' },
      body: JSON.stringify(bundle),
    });
    if (response.status === 401) token = undefined;
    return response;
  };

  async function send(bundle: object, what: string): Promise<void> {
    let lastFault = '';
    for (let attempts = 0; attempts < mostAttempts; attempts += 1) {
      if (attempts > 0) await wait(retryAfterMs);
      try {
        const response = await attempt(bundle);
        const text = await response.text();
        if (response.ok) return;
        lastFault = `${response.status} ${text.slice(0, 200)}`;
        if (response.status < 500 && ![401, 408, 409, 429].includes(response.status)) break;
      } catch (error) {
        token = undefined;
        lastFault = error instanceof Error ? error.message : String(error);
      }
    }
    throw new Error(`${what} could not be recorded: ${lastFault}`);
  }

  return {
    record: (happening) => send(transactionOf(happening), `${happening.kind} ${happening.id}`),
    remove: (reference) => send({ resourceType: 'Bundle', type: 'transaction', entry: [{ request: { method: 'DELETE', url: reference } }] }, `the end of ${reference}`),
  };
}

/** One transaction per happening: a device and its use arrive together or not at all. */
export function transactionOf(happening: Pick<Happening, 'resources'>): object {
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: happening.resources.map((resource) => ({ resource, request: { method: 'PUT', url: `${String(resource.resourceType)}/${String(resource.id)}` } })),
  };
}

async function fetchToken({ tokenUrl, clientId, secret }: ClinicianOptions): Promise<string> {
  const response = await fetch(tokenUrl, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret }) });
  if (!response.ok) throw new Error(`The EHR refused the sign-in: ${response.status}`);
  return ((await response.json()) as { access_token: string }).access_token;
}
