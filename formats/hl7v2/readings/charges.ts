import { Hl7Error } from '../error.ts';
import type { Message } from '../message.ts';
import type { Segment } from '../segment.ts';
import type { Timestamp } from '../timestamp.ts';
import type { IdentifiedPerson } from './patient.ts';
import { readIdentifiedPerson } from './patient.ts';
import type { Coded, Identifier, Money } from './values.ts';
import { present, readAll, readCoded, readCx, readEi, readMoney, readNumber, readTimeField } from './values.ts';
import type { Location } from './visit.ts';
import { readLocation } from './visit.ts';

/** FT1, one posting to a patient's account (chapter 6.5.1). */
export interface Charge {
  setId?: string;
  /** FT1-2; unique where the sender keeps to the standard. */
  transactionId?: Identifier;
  batchId?: string;
  transactionDate: Timestamp;
  postingDate?: Timestamp;
  /** FT1-6, table 0017: CG charge, CD credit, PY payment, AJ adjustment ... */
  type: string;
  code: Coded;
  quantity?: string;
  extendedAmount?: Money;
  unitAmount?: Money;
  department?: Coded;
  location?: Location;
  diagnoses: Coded[];
  performedBy: IdentifiedPerson[];
  orderedBy: IdentifiedPerson[];
  unitCost?: Money;
  fillerOrderNumber?: Identifier;
  /** FT1-25. */
  procedure?: Coded;
  procedureModifiers: Coded[];
  /** FT1-29, the drug used; since v2.5. */
  nationalDrugCode?: Coded;
  /** FT1-34, the item used, as the materials system numbers it; since v2.6. */
  itemNumber?: Coded;
  /** FT1-35, the device's model; since v2.6. */
  modelNumber?: string;
  /** FT1-41, table 0456; in the newest versions. */
  revenueCode?: Coded;
}

/**
 * The postings of a DFT^P03 or P11 message. There is no lot or serial number in FT1 of any version; device identity
 * beyond item and model needs other segments.
 *
 * @throws Hl7Error 100 without FT1, 101 for FT1-4, FT1-6 or FT1-7 missing, 102 for a date or number that is none
 */
export function readCharges(message: Message): Charge[] {
  const segments = message.segments('FT1');
  if (segments.length === 0) throw new Hl7Error('100', 'The message has no FT1 segment', { segment: 'FT1' });
  return segments.map((segment, index) => readCharge(segment, index + 1));
}

function readCharge(ft1: Segment, sequence: number): Charge {
  const at = (field: number) => ({ segment: 'FT1', sequence, field });
  const money = (field: number): Money | undefined => readMoney(ft1.field(field).repetition(1), at(field));
  const coded = (field: number): Coded | undefined => readCoded(ft1.field(field).repetition(1));
  const required = <T>(value: T | undefined, field: number): T => {
    if (value === undefined) throw new Hl7Error('101', 'A required field of the posting is missing', at(field));
    return value;
  };
  return present<Charge>({
    setId: ft1.field(1).value,
    transactionId: readCx(ft1.field(2).repetition(1)),
    batchId: ft1.field(3).value,
    transactionDate: required(readTimeField(ft1, 4, sequence), 4),
    postingDate: readTimeField(ft1, 5, sequence),
    type: required(ft1.field(6).value, 6),
    code: required(coded(7), 7),
    quantity: readNumber(ft1.field(10).value, at(10)),
    extendedAmount: money(11),
    unitAmount: money(12),
    department: coded(13),
    location: readLocation(ft1.field(16).repetition(1)),
    diagnoses: readAll(ft1.field(19), readCoded),
    performedBy: readAll(ft1.field(20), readIdentifiedPerson),
    orderedBy: readAll(ft1.field(21), readIdentifiedPerson),
    unitCost: money(22),
    fillerOrderNumber: readEi(ft1.field(23).repetition(1)),
    procedure: coded(25),
    procedureModifiers: readAll(ft1.field(26), readCoded),
    nationalDrugCode: coded(29),
    itemNumber: coded(34),
    modelNumber: ft1.field(35).value,
    revenueCode: coded(41),
  });
}
