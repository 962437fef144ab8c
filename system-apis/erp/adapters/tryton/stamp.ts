import { ApiError } from '#chassis/errors/failures.ts';
import type { TrytonClient } from './client.ts';
import { Note } from './records.ts';

/**
 * What Tryton has no field for, kept as a note beside the document or in its comment: the cost centre of a requisition,
 * the account of an order line, the time of a movement. A line of its own, which begins with our mark.
 */
export type Stamp = Record<string, unknown>;

const MARK = 'callosum';

export function printStamp(stamp: Stamp): string {
  return JSON.stringify({ [MARK]: stamp });
}

/** What people wrote around our line is none of our business. */
export function readStamp(text: string | null | undefined): Stamp {
  const line = text?.split('\n').find(isOurs);
  if (line === undefined) return {};
  try {
    const { [MARK]: stamp } = JSON.parse(line) as { [MARK]?: unknown };
    return typeof stamp === 'object' && stamp !== null ? stamp as Stamp : {};
  } catch (cause) {
    throw new ApiError('upstream-broken', 'A note that this adapter left in the ERP was changed and cannot be read.', { code: 'vendor-answer-invalid', cause });
  }
}

/** A text with another stamp in it, and with what people wrote kept. */
export function withStamp(text: string | null, stamp: Stamp): string {
  return [printStamp(stamp), ...(text ?? '').split('\n').filter((line) => line !== '' && !isOurs(line))].join('\n');
}

function isOurs(line: string): boolean {
  return line.startsWith(`{"${MARK}":`);
}

export function textIn(stamp: Stamp, name: string): string | undefined {
  const value = stamp[name];
  return typeof value === 'string' ? value : undefined;
}

/** Stamps of documents, by their id. */
export async function stampsOf(client: TrytonClient, model: string, ids: number[]): Promise<Map<number, Stamp>> {
  if (ids.length === 0) return new Map();
  const notes = await client.search(Note, [['resource', 'in', ids.map((id) => `${model},${id}`)]]);
  const stamps = new Map<number, Stamp>();
  for (const { resource, message } of notes) {
    const stamp = readStamp(message);
    if (Object.keys(stamp).length > 0) stamps.set(idOf(resource), stamp);
  }
  return stamps;
}

/** Leaves the stamp once: an attempt that was broken off may have left it already. */
export async function leaveStamp(client: TrytonClient, model: string, id: number, stamp: Stamp): Promise<void> {
  if ((await stampsOf(client, model, [id])).size > 0) return;
  await client.create('ir.note', [{ resource: `${model},${id}`, message: printStamp(stamp) }]);
}

export async function removeNotes(client: TrytonClient, model: string, id: number): Promise<void> {
  await client.remove('ir.note', (await client.search(Note, [['resource', '=', `${model},${id}`]])).map((note) => note.id));
}

/** `purchase.line,12` is the record 12 of that model. */
export function idOf(reference: string | null): number {
  return Number(reference?.split(',')[1] ?? Number.NaN);
}
