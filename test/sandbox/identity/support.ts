import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { demoAccounts } from '../../../sandbox/identity/accounts.ts';
import { demoClients } from '../../../sandbox/identity/clients.ts';
import { startIdentity, type Identity } from '../../../sandbox/identity/start.ts';

export const REDIRECT_URI = 'http://127.0.0.1:9/callback';

export interface RunningIdentity {
  identity: Identity;
  stateDirectory: string;
  /** Stops and starts again on the same port with the same state. */
  restart(): Promise<void>;
}

/** An identity provider of its own for one suite. */
export function withIdentity(): RunningIdentity {
  const running = {} as RunningIdentity;
  const start = (port: number) => startIdentity({ port, stateDirectory: running.stateDirectory, accounts: demoAccounts, clients: demoClients([REDIRECT_URI]) });
  before(async () => {
    running.stateDirectory = mkdtempSync(join(tmpdir(), 'identity-'));
    running.identity = await start(0);
  });
  after(async () => {
    await running.identity.close();
    rmSync(running.stateDirectory, { recursive: true });
  });
  running.restart = async () => {
    const { port } = new URL(running.identity.issuer);
    await running.identity.close();
    running.identity = await start(Number(port));
  };
  return running;
}
