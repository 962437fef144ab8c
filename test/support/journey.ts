import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlatform, type RunningPlatform } from '../../commands/platform/platform.ts';
import { createTestDatabase } from './database.ts';

export interface Journey {
  platform: RunningPlatform;
  home: string;
  /** Stops everything and leaves nothing behind. */
  end(): Promise<void>;
}

/** The whole platform with its sandbox, on the server that the tests share: what a server of its own would show, other tests do. */
export async function startJourney(env: Record<string, string> = {}): Promise<Journey> {
  const home = await mkdtemp(path.join(tmpdir(), 'callosum-journey-'));
  const [own, sandbox] = [await createTestDatabase(), await createTestDatabase()];
  async function leave(): Promise<void> {
    for (const database of [own, sandbox]) await database.drop();
    await rm(home, { recursive: true, force: true });
  }
  try {
    const platform = await startPlatform({ home, ports: 'free', env: { LOG_LEVEL: 'error', ...env }, databases: { platform: own.url, sandbox: sandbox.url } });
    return {
      platform, home,
      async end() {
        await platform.stop();
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
}
