import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import {
  build997, build999, buildTa1, checkGroup, describeViolation, INTERCHANGE_NOTES, invoiceSchema, parseInterchange, printInterchange,
  purchaseOrderAcknowledgmentSchema, shipNoticeSchema, X12Error,
  type FunctionalGroup, type Interchange, type InterchangeNote,
} from '#formats/x12/index.ts';
import type { Interchanges, OpenedInterchange } from '../../port.ts';
import { documentsOf, isEntered } from './set-documents.ts';
import { splitAddress, type X12Settings } from './settings.ts';
import { verdictsOf } from './verdicts.ts';

const MOST_CHARACTERS = 4_000_000;
const TAKEN = [purchaseOrderAcknowledgmentSchema, shipNoticeSchema, invoiceSchema];
const ACKNOWLEDGEMENTS = 'FA';
const DUPLICATE: InterchangeNote = '025';

/** Interchanges of partners: read as far as they can be, and answered with TA1 and 999 (997 before release 005010). */
export function x12Interchanges(settings: X12Settings, clock: Clock): Interchanges {
  const supplierBy = new Map(Object.entries(settings.suppliers).map(([supplierNumber, { address }]) => [address, supplierNumber]));

  return {
    open(text) {
      const interchange = parsed(text);
      const { header } = interchange;
      const sender = `${header.senderQualifier}:${header.sender}`;
      const supplierNumber = supplierBy.get(sender);
      const print = (number: number, note: InterchangeNote | undefined, groups: readonly FunctionalGroup[]) =>
        printAnswer({ interchange, number, note, groups, from: settings.address, at: clock.now() });

      const note = noteOn(interchange, settings.address, supplierNumber);
      if (note) return refusedAs(note.code, note.text);
      const groups = interchange.groups.map((group) => (group.header.functionalId === ACKNOWLEDGEMENTS ? group : checkGroup(group, TAKEN)));
      const answered = groups.filter((group) => group.header.functionalId !== ACKNOWLEDGEMENTS);
      const isAnswerOnly = answered.length === 0 && (groups.length > 0 || interchange.acknowledgments.length > 0);
      try {
        print(1, undefined, answered);
        return {
          sender, controlNumber: header.controlNumber, ...(supplierNumber === undefined ? {} : { supplierNumber }),
          documents: answered.flatMap((group, index) => group.transactions.flatMap((set, position) =>
            documentsOf(set, { interchange, group, source: `${sender}/${header.controlNumber}/${index + 1}/${position + 1}`, supplierNumber }))),
          verdicts: verdictsOf(interchange),
          outcome: outcomeOf(answered),
          answer: (number, isDuplicate) => (isAnswerOnly && !isDuplicate ? '' : print(number, isDuplicate ? DUPLICATE : undefined, isDuplicate ? [] : answered)),
        };
      } catch (error) {
        if (!(error instanceof X12Error)) throw error;
        // An acknowledgement repeats numbers of what it answers, and here one of them cannot be printed, or cannot be read.
        return refusedAs('024', `${INTERCHANGE_NOTES['024']}: ${error.message}`);
      }

      function refusedAs(code: InterchangeNote, problem: string): OpenedInterchange {
        return {
          sender, controlNumber: header.controlNumber, ...(supplierNumber === undefined ? {} : { supplierNumber }),
          refusal: problem, documents: [], verdicts: [], outcome: 'refused', answer: (number) => print(number, code, []),
        };
      }
    },
  };
}

function parsed(text: string): Interchange {
  try {
    const interchange = parseInterchange(text, { maxLength: MOST_CHARACTERS });
    // An address that cannot be printed cannot be answered.
    const { senderQualifier, sender } = interchange.header;
    if (!/^[A-Z0-9]{2}$/.test(senderQualifier) || !/^[A-Za-z0-9 .,&/_-]{1,15}$/.test(sender)) {
      throw new X12Error('no-interchange', 'The sender has no address that could be answered', { segmentId: 'ISA', element: 6 });
    }
    return interchange;
  } catch (error) {
    if (!(error instanceof X12Error)) throw error;
    const { message } = error;
    throw new ApiError('invalid-request', `The interchange cannot be read: ${message}.`, { code: 'unreadable-interchange', errors: [{ pointer: '', detail: message }], cause: error });
  }
}

/** What makes the envelope as a whole unacceptable. */
function noteOn(interchange: Interchange, address: string, supplierNumber: string | undefined): { code: InterchangeNote; text: string } | undefined {
  const [violation] = interchange.violations;
  if (violation) return { code: violation.code, text: describeViolation(violation) };
  const { receiverQualifier, receiver } = interchange.header;
  if (`${receiverQualifier}:${receiver}` !== address) return { code: '009', text: 'interchange 009: it is for another receiver' };
  if (supplierNumber === undefined) return { code: '006', text: 'interchange 006: the sender is no supplier that is known here' };
  return undefined;
}

function outcomeOf(groups: readonly FunctionalGroup[]): OpenedInterchange['outcome'] {
  const sets = groups.flatMap((group) => group.transactions.map((set) => isEntered(group, set)));
  if (sets.every((entered) => entered)) return 'accepted';
  return sets.some((entered) => entered) ? 'partly-accepted' : 'rejected';
}

interface Answer {
  interchange: Interchange;
  number: number;
  note: InterchangeNote | undefined;
  groups: readonly FunctionalGroup[];
  from: string;
  at: Date;
}

/** TA1 when it is asked for, when the envelope is at fault, and when there is nothing else to say. */
function printAnswer({ interchange, number, note, groups, from, at }: Answer): string {
  const { header } = interchange;
  const own = splitAddress(from);
  const [day, time] = [at.toISOString().slice(0, 10).replaceAll('-', ''), at.toISOString().slice(11, 16).replace(':', '')];
  const needsTa1 = note !== undefined || header.acknowledgmentRequested || groups.length === 0;
  const plain = (text: string) => text.replaceAll(/[^A-Za-z0-9]/g, '');
  const printable = { ...interchange, header: { ...header, controlNumber: plain(header.controlNumber), date: plain(header.date), time: plain(header.time) } };
  return printInterchange({
    header: {
      senderQualifier: own.qualifier, sender: own.id, receiverQualifier: header.senderQualifier, receiver: header.sender,
      date: day.slice(2), time, controlNumber: String(number), usage: header.usage === 'T' ? 'T' : 'P',
    },
    ...(needsTa1 ? { acknowledgments: [buildTa1(printable, note)] } : {}),
    groups: groups.map((group, index) => {
      const isEarly = group.header.version < '005010';
      return {
        header: {
          functionalId: ACKNOWLEDGEMENTS, sender: own.id, receiver: header.sender, date: day, time,
          controlNumber: String(number + index), version: isEarly ? '004010' : '005010X231A1',
        },
        transactions: [isEarly ? build997(group, '0001') : build999(group, '0001')],
      };
    }),
  });
}
