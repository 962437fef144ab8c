import type { Doors } from './live.ts';
import { patiently } from './patience.ts';

/** Somebody who works at the ERP's own screens, which use the same interface. */
export function atErp(url: string, password: string): Doors['atErp'] {
  const authorization = `Basic ${Buffer.from(`callosum.integration:${password}`).toString('base64')}`;
  return (method, resource, body) => patiently(new AbortController().signal, async () => {
    const response = await fetch(`${url}/fscmRestApi/resources/11.13.18.05/${resource}`, { method, headers: { authorization, 'content-type': resource.includes('/action/') ? 'application/vnd.oracle.adf.action+json' : 'application/json' }, body: JSON.stringify(body) });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the ERP answered ${response.status} to ${resource}`);
  });
}
