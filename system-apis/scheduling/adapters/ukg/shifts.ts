import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import { MOST_AT_ONCE, type UkgClient } from './client.ts';
import { localTimeOf } from './mapping.ts';
import type { Person } from './persons.ts';
import { refusalOf } from './refusals.ts';
import type { UkgSettings } from './settings.ts';
import { shiftAnswer, shiftsAnswer, updatesAnswer, type UkgShift } from './shapes.ts';

export interface ShiftFilter {
  from: Date;
  to: Date;
  employee?: number | undefined;
  path?: string | undefined;
  onlyOpen?: boolean | undefined;
}

export interface Shifts {
  /** By when they start. */
  each(filter: ShiftFilter): AsyncIterable<UkgShift>;
  get(id: string): Promise<UkgShift>;
  assign(shift: UkgShift, person: Person): Promise<UkgShift>;
  /** Takes from somebody what they may not have any more, and notes on each whose it was. */
  takeFrom(person: Person, mayHave: (shift: UkgShift) => boolean): Promise<void>;
  /** What was taken from somebody and nobody has by now. */
  takenFrom(person: Person): Promise<UkgShift[]>;
}

const DAY_MS = 86_400_000;
/** Somebody else may be planning with the same shifts. */
const ATTEMPTS = 3;
const STALE = 'WFS-103001';

export function createShifts(client: UkgClient, settings: UkgSettings, clock: Clock): Shifts {
  async function* each({ from, to, employee, path, onlyOpen = false }: ShiftFilter): AsyncIterable<UkgShift> {
    const where = {
      startDateTime: localTimeOf(from, settings), endDateTime: localTimeOf(to, settings), onlyOpen,
      ...(employee === undefined ? {} : { employees: { ids: [employee] } }), ...(path === undefined ? {} : { locations: { qualifiers: [path] } }),
    };
    for (let index = 0; ; index += MOST_AT_ONCE) {
      const { shifts, totalElements } = await client.send('POST', '/scheduling/schedule/multi_read', { where, index, count: MOST_AT_ONCE }, shiftsAnswer);
      yield* shifts;
      if (shifts.length === 0 || index + shifts.length >= totalElements) return;
    }
  }

  /** From the next second on, since the vendor's times have none smaller: what began already stays with who has it. */
  function toCome(): Pick<ShiftFilter, 'from' | 'to'> {
    const now = clock.now().getTime();
    return { from: new Date(now + 1_000), to: new Date(now + settings.horizonDays * DAY_MS) };
  }

  /** What planners noted on a shift stays. */
  const othersOn = ({ comments = [] }: UkgShift) => comments.filter((each) => each.comment.qualifier !== settings.comment);

  /** The vendor opens each by itself: some may be open by now and others not. */
  async function open(shifts: readonly UkgShift[], person: Person): Promise<void> {
    const note = { comment: { qualifier: settings.comment }, notes: [{ text: noteOn(person) }] };
    const changes = shifts.map((shift) => ({ id: shift.id, version: shift.version, employee: null, comments: [...othersOn(shift), note] }));
    for (let from = 0; from < changes.length; from += MOST_AT_ONCE) {
      const { results } = await client.send('POST', '/scheduling/schedule/shifts/multi_update', changes.slice(from, from + MOST_AT_ONCE), updatesAnswer);
      const failed = results.find((result) => !result.success && result.error?.errorCode !== STALE);
      if (failed) throw refusalOf(failed.error?.errorCode);
    }
  }

  return {
    each,
    get: (id) => client.send('GET', `/scheduling/schedule/shifts/${encodeURIComponent(id)}`, undefined, shiftAnswer),
    assign: (shift, person) => client.send('PUT', `/scheduling/schedule/shifts/${shift.id}`, { id: shift.id, version: shift.version, employee: { id: person.id }, comments: othersOn(shift) }, shiftAnswer),

    async takeFrom(person, mayHave) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const held = (await Array.fromAsync(each({ ...toCome(), employee: person.id }))).filter((shift) => !mayHave(shift));
        if (held.length === 0) return;
        await open(held, person);
      }
      throw new ApiError('unavailable', 'The planning was being changed at the same time.', { code: 'vendor-conflict', retryAfterMs: 500 });
    },

    async takenFrom(person) {
      const open = await Array.fromAsync(each({ ...toCome(), onlyOpen: true }));
      const isNoted = ({ comments = [] }: UkgShift) => comments.some(({ comment, notes = [] }) => comment.qualifier === settings.comment && notes.some((note) => note.text === noteOn(person)));
      return open.filter(isNoted);
    },
  };
}

/** Stays on the shift, so that the same gap is told again however often the way back is lost. */
function noteOn({ number }: Person): string {
  return `no longer eligible: ${number}`;
}
