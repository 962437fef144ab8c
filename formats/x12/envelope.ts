import type { GroupError, InterchangeNote, TransactionError } from './codes.ts';
import { checkInterchangeHeader, readGroupHeader, readInterchangeHeader } from './headers.ts';
import { X12Error } from './error.ts';
import type { Segment } from './segment.ts';
import { element, isSegmentId } from './segment.ts';
import type { Token } from './tokenizer.ts';
import type { FunctionalGroup, Interchange, TransactionSet } from './tree.ts';
import type { Violation } from './violation.ts';

/** IEA01 has five digits and GE01 six; more groups or sets cannot even be counted by their trailers. */
const MAX_GROUPS = 99_999;
const MAX_SETS = 999_999;
/** Faults kept of one interchange, group or set. */
const MAX_VIOLATIONS = 1_000;

export interface EnvelopeOptions {
  /** Keep the segments of transaction sets. */
  keepSegments?: boolean;
  /** Keep transaction sets without violations in the tree. */
  keepFaultless?: boolean;
  /** Segments of one transaction set; beyond it reading stops with X12Error 'limit'. Applies when they are kept. */
  maxSegmentsPerTransaction?: number;
  maxInterchanges?: number;
}

/**
 * Puts segments into the tree of ISA, GS and ST and checks what the trailers promise: control numbers (SE02, GE02,
 * IEA02) and counts (SE01, GE01, IEA01), in one pass and, without `keepSegments` and `keepFaultless`, in memory that
 * does not grow with the length or number of sets.
 *
 * @source ASC X12.5 interchange control structures, X12.6 application control structure
 */
export class EnvelopeReader {
  readonly interchanges: Interchange[] = [];
  readonly #keep: boolean;
  readonly #keepFaultless: boolean;
  readonly #maxSegments: number;
  readonly #maxInterchanges: number;
  #interchange: Interchange | undefined;
  #group: FunctionalGroup | undefined;
  #transaction: TransactionSet | undefined;
  #last: Segment | undefined;
  #groupNumbers = new Set<string>();
  #setNumbers = new Set<string>();
  #finished: TransactionSet | undefined;

  constructor(options: EnvelopeOptions = {}) {
    this.#keep = options.keepSegments ?? true;
    this.#keepFaultless = options.keepFaultless ?? true;
    this.#maxSegments = options.maxSegmentsPerTransaction ?? 1_000_000;
    this.#maxInterchanges = options.maxInterchanges ?? 10_000;
  }

  /** The group and interchange that are open. */
  get open(): { interchange: Interchange | undefined; group: FunctionalGroup | undefined } {
    return { interchange: this.#interchange, group: this.#group };
  }

  /** @returns the transaction set this segment ended, complete or not */
  accept(token: Token): TransactionSet | undefined {
    const { segment } = token;
    this.#finished = undefined;
    switch (segment.id) {
      case 'ISA': this.#startInterchange(token); break;
      case 'TA1': this.#acknowledge(segment); break;
      case 'GS': this.#startGroup(segment); break;
      case 'ST': this.#startTransaction(segment); break;
      case 'SE': this.#endTransaction(segment); break;
      case 'GE': this.#endGroup(segment); break;
      case 'IEA': this.#endInterchange(segment); break;
      default: this.#content(segment);
    }
    this.#last = segment;
    return this.#finished;
  }

  /** The text ended. @returns the transaction set that was cut off by it */
  end(): TransactionSet | undefined {
    this.#finished = undefined;
    if (this.#interchange !== undefined && this.#last !== undefined) this.#cutOff(this.#last);
    return this.#finished;
  }

  #startInterchange(token: Token): void {
    if (token.isa === undefined) throw new X12Error('no-interchange', 'An ISA that was not read as a header');
    if (this.#interchange !== undefined && this.#last !== undefined) this.#cutOff(this.#last);
    if (this.interchanges.length === this.#maxInterchanges) throw tooMany('interchanges', token.segment);
    this.#groupNumbers = new Set();
    this.#interchange = {
      delimiters: token.delimiters,
      header: readInterchangeHeader(token.segment),
      groups: [],
      acknowledgments: [],
      violations: checkInterchangeHeader(token.segment, token.isa),
    };
    this.interchanges.push(this.#interchange);
  }

  #acknowledge(ta1: Segment): void {
    if (this.#group !== undefined || this.#interchange === undefined) this.#content(ta1);
    else this.#interchange.acknowledgments.push(ta1);
  }

  #startGroup(gs: Segment): void {
    if (this.#interchange === undefined) return this.#stray(gs);
    this.#abandonGroup(gs);
    const header = readGroupHeader(gs);
    if (this.#interchange.groups.length === MAX_GROUPS) throw tooMany('groups', gs);
    const number = bareNumber(header.controlNumber);
    const isKnown = this.#groupNumbers.has(number);
    this.#groupNumbers.add(number);
    this.#group = { header, transactions: [], transactionCount: 0, declaredCount: undefined, violations: [] };
    this.#setNumbers = new Set();
    this.#interchange.groups.push(this.#group);
    if (!/^[A-Z]{2}$/.test(header.functionalId)) this.#groupViolation('1', gs, 1);
    if (!/^\d{1,9}$/.test(header.controlNumber)) this.#groupViolation('6', gs, 6);
    else if (isKnown) this.#groupViolation('19', gs, 6);
  }

  #startTransaction(st: Segment): void {
    if (this.#group === undefined) return this.#stray(st);
    this.#abandonTransaction(st);
    if (this.#group.transactionCount === MAX_SETS) throw tooMany('transaction sets', st);
    const controlNumber = element(st, 2).trim();
    const isKnown = this.#setNumbers.has(controlNumber);
    this.#setNumbers.add(controlNumber);
    this.#transaction = {
      id: element(st, 1).trim(), controlNumber, implementation: element(st, 3).trim() || undefined,
      segments: this.#keep ? [st] : [], segmentCount: 1, violations: [],
    };
    this.#group.transactions.push(this.#transaction);
    this.#group.transactionCount++;
    if (!/^\d{3}$/.test(this.#transaction.id)) this.#transactionViolation('6', st, 1);
    if (!/^.{4,9}$/.test(controlNumber)) this.#transactionViolation('7', st, 2);
    else if (isKnown) this.#transactionViolation('23', st, 2);
  }

  #content(segment: Segment): void {
    const set = this.#transaction;
    if (set === undefined) return this.#stray(segment);
    set.segmentCount++;
    if (this.#keep) {
      if (set.segments.length >= this.#maxSegments) {
        throw new X12Error('limit', 'A transaction set has more segments than allowed',
          { segmentId: segment.id, position: segment.position });
      }
      set.segments.push(segment);
    }
    if (!isSegmentId(segment.id)) {
      record(set.violations, {
        level: 'segment', code: '1', segmentId: segment.id, position: segment.position, setPosition: set.segmentCount,
      });
    }
  }

  #endTransaction(se: Segment): void {
    const set = this.#transaction;
    if (set === undefined) return this.#stray(se);
    set.segmentCount++;
    if (this.#keep) set.segments.push(se);
    if (readCount(se) !== set.segmentCount) this.#transactionViolation('4', se, 1);
    if (element(se, 2).trim() !== set.controlNumber) this.#transactionViolation('3', se, 2);
    this.#finish(set);
  }

  #endGroup(ge: Segment): void {
    const group = this.#group;
    if (group === undefined) return this.#stray(ge);
    this.#abandonTransaction(ge);
    group.declaredCount = readCount(ge);
    if (group.declaredCount !== group.transactionCount) this.#groupViolation('5', ge, 1);
    if (!sameNumber(element(ge, 2), group.header.controlNumber)) this.#groupViolation('4', ge, 2);
    this.#group = undefined;
  }

  #endInterchange(iea: Segment): void {
    const interchange = this.#interchange;
    if (interchange === undefined) return this.#stray(iea);
    this.#abandonGroup(iea);
    if (readCount(iea) !== interchange.groups.length) this.#interchangeViolation('021', iea, 1);
    if (!sameNumber(element(iea, 2), interchange.header.controlNumber)) this.#interchangeViolation('001', iea, 2);
    this.#interchange = undefined;
  }

  /** An interchange without IEA. */
  #cutOff(at: Segment): void {
    this.#abandonGroup(at);
    this.#interchangeViolation('023', at);
    this.#interchange = undefined;
  }

  #abandonGroup(at: Segment): void {
    if (this.#group === undefined) return;
    this.#abandonTransaction(at);
    this.#groupViolation('3', at);
    this.#group = undefined;
  }

  #abandonTransaction(at: Segment): void {
    if (this.#transaction === undefined) return;
    this.#transactionViolation('2', at);
    this.#finish(this.#transaction);
  }

  #finish(set: TransactionSet): void {
    if (!this.#keepFaultless && set.violations.length === 0) this.#group?.transactions.pop();
    this.#finished = set;
    this.#transaction = undefined;
  }

  /** A segment that belongs to nothing that is open: the interchange is not what X12.5 describes. */
  #stray(segment: Segment): void {
    const open = this.#interchange ?? this.interchanges.at(-1);
    if (open === undefined) throw new X12Error('no-interchange', 'A segment stands before the interchange header');
    record(open.violations, { level: 'interchange', code: '024', segmentId: segment.id, position: segment.position });
  }

  #interchangeViolation(code: InterchangeNote, at: Segment, number?: number): void {
    if (this.#interchange) record(this.#interchange.violations, { level: 'interchange', code, ...place(at, number) });
  }

  #groupViolation(code: GroupError, at: Segment, number?: number): void {
    if (this.#group) record(this.#group.violations, { level: 'group', code, ...place(at, number) });
  }

  #transactionViolation(code: TransactionError, at: Segment, number?: number): void {
    if (this.#transaction) record(this.#transaction.violations, { level: 'transaction', code, ...place(at, number) });
  }
}

function place(segment: Segment, number?: number): { segmentId: string; position: number; element?: number } {
  const at = { segmentId: segment.id, position: segment.position };
  return number === undefined ? at : { ...at, element: number };
}

function readCount(trailer: Segment): number | undefined {
  const text = element(trailer, 1).trim();
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** ISA13, IEA02, GS06 and GE02 are numbers: leading zeros do not distinguish them. ST02 and SE02 are text. */
function sameNumber(a: string, b: string): boolean {
  return bareNumber(a) === bareNumber(b);
}

function bareNumber(text: string): string {
  return text.trim().replace(/^0+(?=\d)/, '');
}

/** The trailers' own faults always find room: they decide about the whole. */
function record<T extends Violation>(list: T[], violation: T): void {
  const isOfTrailer = violation.level === 'transaction' || violation.level === 'group' || violation.segmentId === 'IEA';
  if (list.length < MAX_VIOLATIONS || isOfTrailer) list.push(violation);
}

function tooMany(what: string, { id, position }: Segment): X12Error {
  return new X12Error('limit', `There are more ${what} than allowed`, { segmentId: id, position });
}
