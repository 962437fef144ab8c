import { readdir } from 'node:fs/promises';
import path from 'node:path';

export const contractsRoot = path.resolve(import.meta.dirname, '..');

/** One OpenAPI contract: `contracts/<layer>/<api>/<version>.yaml`. */
export interface ContractSource {
  layer: 'system' | 'process' | 'experience';
  api: string;
  version: string;
  file: string;
}

const LAYERS = ['system', 'process', 'experience'] as const;

/** Every REST contract in the repository, in a stable order. */
export async function contractSources(): Promise<ContractSource[]> {
  const found: ContractSource[] = [];
  for (const layer of LAYERS) {
    for (const api of (await readdir(path.join(contractsRoot, layer))).sort()) {
      for (const name of (await readdir(path.join(contractsRoot, layer, api))).sort()) {
        const version = /^(v\d+)\.yaml$/.exec(name)?.[1];
        if (version) found.push({ layer, api, version, file: path.join(contractsRoot, layer, api, name) });
      }
    }
  }
  return found;
}

export const eventsSource = path.join(contractsRoot, 'events', 'asyncapi.yaml');
export const graphSource = path.join(contractsRoot, 'experience', 'portal', 'graph.graphql');
