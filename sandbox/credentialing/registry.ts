import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pool } from 'pg';
import type { Faults } from '../faults.ts';

export interface Registry {
  url: string;
  enumerate(provider: { npi: string; given: string; family: string; taxonomy: string }): Promise<void>;
  deactivate(npi: string): Promise<void>;
  close(): Promise<void>;
}

interface Row {
  npi: string;
  given: string;
  family: string;
  taxonomy: string;
  deactivated: boolean;
}

/**
 * The national registry of providers. Every answer is 200, also that nothing was found or asked in the right way.
 *
 * @source https://npiregistry.cms.hhs.gov/api-page, version 2.1; how a deactivated number is answered was seen in its web page only
 */
export async function startRegistry(pool: Pool, { port, host, faults }: { port: number; host: string; faults: Faults }): Promise<Registry> {
  async function answer(url: URL): Promise<object> {
    const npi = url.searchParams.get('number') ?? '';
    if (url.searchParams.get('version') !== '2.1') return refusal('Unsupported Version (Supported Version is 2.1)', 'version', '21');
    if (!/^\d{10}$/.test(npi)) return refusal('NPI must be 10 digits', 'number', '10');
    const { rows: [found] } = await pool.query<Row>('select * from nppes.provider where npi = $1', [npi]);
    if (found?.deactivated) return refusal(`CMS deactivated NPI ${npi}. The provider can no longer use this NPI. Our public registry does not display provider information about NPIs that are not in service.`, 'number', '24');
    return found ? { result_count: 1, results: [resultOf(found)] } : { result_count: 0, results: [] };
  }

  const server = createServer((request, response) => {
    faults.middleware(request, response, () => {
      const url = new URL(request.url ?? '/', 'http://registry');
      if (url.pathname !== '/api/') return void response.writeHead(404).end();
      answer(url).then((body) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      }, (error: Error) => {
        process.emitWarning(error);
        response.writeHead(500).end();
      });
    });
  });
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, host, resolve); });

  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async enumerate({ npi, given, family, taxonomy }) {
      await pool.query('insert into nppes.provider (npi, given, family, taxonomy) values ($1, $2, $3, $4) on conflict (npi) do nothing', [npi, given, family, taxonomy]);
    },
    async deactivate(npi) {
      await pool.query('update nppes.provider set deactivated = true where npi = $1', [npi]);
    },
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}

function resultOf({ npi, given, family, taxonomy }: Row): object {
  return {
    number: npi, enumeration_type: 'NPI-1',
    basic: { first_name: given.toUpperCase(), last_name: family.toUpperCase(), sole_proprietor: 'NO', status: 'A' },
    taxonomies: [{ code: '390200000X', primary: false, state: '', license: '' }, { code: taxonomy, primary: true, state: 'MA', license: '' }],
    addresses: [], identifiers: [], other_names: [], practiceLocations: [], endpoints: [],
  };
}

function refusal(description: string, field: string, number: string): object {
  return { Errors: [{ description, field, number }] };
}
