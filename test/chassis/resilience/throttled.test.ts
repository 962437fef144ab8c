import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { createVendorHttp } from '#chassis/http/vendor-http.ts';
import { createTestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startProbe, type Probe } from '../../support/probe.ts';
import { defineLoans } from '../../support/sample-loans.ts';

const HANDS = 5;
const WORK = 60;

describe('a vendor that asks for patience', () => {
  test('hears of what is under way and of nothing more, from no process, until the moment it named', async (t) => {
    let patientUntil: number | undefined;
    let refused = 0;
    const served: string[] = [];
    const vendor = createServer((request, response) => {
      patientUntil ??= Date.now() + 3_000;
      if (Date.now() < patientUntil) {
        refused += 1;
        response.writeHead(429, { 'retry-after': '3' }).end();
      } else {
        served.push(request.url!);
        response.end('{}');
      }
    });
    vendor.listen(0, '127.0.0.1');
    await once(vendor, 'listening');
    const server = await createTestDatabase();
    const probes: Probe[] = [];
    for (let member = 0; member < 2; member += 1) {
      probes.push(await startProbe(server.url, (platform) => {
        const http = createVendorHttp({ ...platform, adapter: 'test-vendor', baseUrl: `http://127.0.0.1:${(vendor.address() as AddressInfo).port}` });
        t.after(() => http.close());
        defineLoans(platform, { handOut: (run, { title }) => run.step('tell', async () => { await http.exchange({ method: 'GET', path: `/${title}` }); }) });
      }, { moveConcurrency: HANDS }));
    }
    t.after(async () => {
      for (const probe of probes) await probe.stop();
      vendor.close();
      await server.drop();
    });

    await probes[0]!.tx(async (tx) => {
      for (let item = 0; item < WORK; item += 1) {
        const { id } = await probes[0]!.platform.lives.start(tx, 'loans', { title: `item-${item}` }, { identity: `item-${item}` });
        await probes[0]!.platform.lives.apply(tx, id, { type: 'approve' });
      }
    });
    await eventually(() => served.length === WORK);
    assert.ok(refused >= 1 && refused <= 2 * HANDS, `${refused} calls before the moment`);
    assert.equal(new Set(served).size, WORK);
  });
});
