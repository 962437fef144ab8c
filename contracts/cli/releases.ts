import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSchema, findBreakingChanges } from 'graphql';
import { parse, stringify } from 'yaml';
import { generateAll } from './generate.ts';
import { contractsRoot, graphSource } from './sources.ts';
import { redocly } from './redocly.ts';

/**
 * What consumers were promised: `contracts/released/` holds each approved contract as one document. A change that breaks
 * a promise fails the check; it needs a new version beside the old one.
 */
const releasedRoot = path.join(contractsRoot, 'released');
const GRAPH = 'experience/portal/graph.graphql';
const APPROVALS = 'approvals.yaml';

/** Every contract as one document, by its name below `released/`. */
async function currentDocuments(): Promise<Map<string, string>> {
  const generated = await generateAll();
  const documents = new Map<string, string>();
  for (const [name, text] of generated) {
    if (/^(system|process|experience)\/.*\.json$/.test(name)) documents.set(name, text);
    if (name === 'events/schemas.json') documents.set('events/events.json', asReadableApi(text));
  }
  documents.set(GRAPH, await readFile(graphSource, 'utf8'));
  return documents;
}

/** Events are compared as answers that consumers read: a field that goes, or narrows in meaning, breaks them. */
function asReadableApi(schemas: string): string {
  const { messages, schemas: named } = JSON.parse(schemas) as { messages: Record<string, object>; schemas: object };
  const paths = Object.fromEntries(Object.entries(messages).map(([type, schema]) => [`/${type}`, {
    get: { operationId: type, responses: { 200: { description: 'data of the event', content: { 'application/json': { schema } } } } },
  }]));
  return `${JSON.stringify({ openapi: '3.1.0', info: { title: 'events', version: '1.0.0' }, paths, components: { schemas: named } })}\n`;
}

/** Records an approval: the contracts as they are now are what the next change is compared with. */
export async function approve(names: string[], by: string, today: string): Promise<string[]> {
  const documents = await currentDocuments();
  const chosen = [...documents.keys()].filter((name) => names.length === 0 || names.some((wanted) => name.includes(wanted)));
  const approvals = await readApprovals();
  for (const name of chosen) {
    const file = path.join(releasedRoot, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, documents.get(name)!);
    approvals[name] = { by, on: today };
  }
  await writeFile(path.join(releasedRoot, APPROVALS), stringify(approvals));
  return chosen;
}

/** Compares every promise with what stands there now; returns those that are broken. */
export async function brokenPromises(): Promise<string[]> {
  const documents = await currentDocuments();
  const work = await mkdtemp(path.join(tmpdir(), 'callosum-diff-'));
  const broken: string[] = [];
  try {
    for (const name of await releasedNames()) {
      const now = documents.get(name);
      const base = path.join(releasedRoot, name);
      if (now === undefined) broken.push(`${name}: the contract is gone`);
      else if (name === GRAPH) broken.push(...graphBreaks(await readFile(base, 'utf8'), now));
      else if ((await readFile(base, 'utf8')) !== now) {
        const revision = path.join(work, 'now.json');
        await writeFile(revision, now);
        if ((await redocly(['diff', base, revision])) !== 0) broken.push(`${name}: see above`);
      }
    }
  } finally {
    await rm(work, { recursive: true });
  }
  return broken;
}

function graphBreaks(before: string, now: string): string[] {
  return findBreakingChanges(buildSchema(before), buildSchema(now)).map((change) => `${GRAPH}: ${change.description}`);
}

async function releasedNames(): Promise<string[]> {
  const entries = await readdir(releasedRoot, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name !== APPROVALS && entry.name !== 'README.md')
    .map((entry) => path.relative(releasedRoot, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/')).sort();
}

async function readApprovals(): Promise<Record<string, { by: string; on: string }>> {
  try {
    return (parse(await readFile(path.join(releasedRoot, APPROVALS), 'utf8')) ?? {}) as Record<string, { by: string; on: string }>;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

/** Who approves, as version control knows them. */
export function approver(): string {
  return execFileSync('git', ['config', 'user.name'], { encoding: 'utf8' }).trim();
}
