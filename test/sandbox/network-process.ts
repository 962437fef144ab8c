import { startNetwork } from '../../sandbox/network/start.ts';
import { quick } from './network-support.ts';

/** A network in a process of its own, for a test that kills it. Says where it listens and then only serves. */
const [databaseUrl = '', clientId = '', secret = '', msPerHour = '1'] = process.argv.slice(2);
const network = await startNetwork({
  ...quick,
  databaseUrl,
  msPerHour: Number(msPerHour),
  clients: [{ id: clientId, secret, scopes: ['core.purchase_order.read', 'core.purchase_order.write'] }],
});
process.send?.(network.url);
