import type { AdapterDeps } from '#chassis/adapters/adapter.ts';
import { TrytonClient } from './client.ts';
import { Directory } from './directory.ts';
import { withDefaults, type CompleteSettings, type TrytonSettings } from './settings.ts';

/** What the groups of operations share. */
export interface Tryton {
  client: TrytonClient;
  directory: Directory;
  settings: CompleteSettings;
  deps: AdapterDeps;
}

export function connectTryton(settings: TrytonSettings, deps: AdapterDeps): Tryton {
  const complete = withDefaults(settings);
  const client = new TrytonClient(complete, deps);
  return { client, directory: new Directory(client, complete, deps.clock), settings: complete, deps };
}
