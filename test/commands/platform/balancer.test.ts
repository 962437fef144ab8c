import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { openBalancer } from '../../../commands/platform/balancer.ts';
import { freePort } from '../../support/free-port.ts';

describe('one address before several processes', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => { for (const end of ends.splice(0).toReversed()) await end(); });

  async function process(name: string): Promise<{ port: number; die(): Promise<void> }> {
    const server: Server = createServer((_request, response) => { response.setHeader('connection', 'close').end(name); });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const die = () => new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections(); });
    ends.push(die);
    return { port: (server.address() as AddressInfo).port, die };
  }
  async function before(...ports: number[]): Promise<() => Promise<string>> {
    const port = await freePort();
    const balancer = await openBalancer(port, ports);
    ends.push(() => balancer.close());
    return async () => (await fetch(`http://127.0.0.1:${port}/`)).text();
  }

  it('gives each of them its turn', async () => {
    const [one, other] = [await process('one'), await process('other')];
    const ask = await before(one.port, other.port);
    assert.deepEqual(new Set([await ask(), await ask()]), new Set(['one', 'other']));
  });

  it('goes on with the others when one has died', async () => {
    const [one, other] = [await process('one'), await process('other')];
    const ask = await before(one.port, other.port);
    await one.die();
    assert.deepEqual([await ask(), await ask(), await ask()], ['other', 'other', 'other']);
  });

  it('hangs up when there is none', async () => {
    const one = await process('one');
    const ask = await before(one.port);
    await one.die();
    await assert.rejects(ask());
  });
});
