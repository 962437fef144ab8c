import { checkHierarchy } from './hierarchy.ts';
import { LINE_ITEM_STATUSES } from './line-item-status.ts';
import type { DataType, ElementRule, SegmentRule, SetSchema } from './schema.ts';

/**
 * Lengths are those of release 004010, or of 005010 where it allows more, so that both are read.
 *
 * @source ASC X12 004010 and 005010, transaction sets 850, 855, 856, 810 and the data element dictionary
 */
function rule(reference: string, type: DataType, min: number, max: number, more: Partial<ElementRule> = {}): ElementRule {
  return { reference, type, min, max, ...more };
}

function required(reference: string, type: DataType, min: number, max: number, codes?: readonly string[]): ElementRule {
  return { reference, type, min, max, required: true, ...(codes !== undefined && { codes }) };
}

const DATE = rule('373', 'DT', 8, 8);
const DATE_REQUIRED = required('373', 'DT', 8, 8);
const PURPOSE = required('353', 'ID', 2, 2);
const ORDER_NUMBER = required('324', 'AN', 1, 22);
const UNIT = rule('355', 'ID', 2, 2);
const PRICE = rule('212', 'R', 1, 17);
const AMOUNT = rule('610', 'N2', 1, 15);
const STATUSES = Object.keys(LINE_ITEM_STATUSES);

/** Qualifiers and ids that come in pairs, data elements 235 and 234. */
function productIds(first: number, count: number): Required<Pick<SegmentRule, 'elements' | 'pairs'>> {
  const elements: Record<number, ElementRule> = {};
  const pairs: [number, number][] = [];
  for (let n = 0; n < count; n++) {
    const at = first + 2 * n;
    elements[at] = rule('235', 'ID', 2, 2);
    elements[at + 1] = rule('234', 'AN', 1, 80);
    pairs.push([at, at + 1]);
  }
  return { elements, pairs };
}

const COMMON: Record<string, SegmentRule> = {
  CUR: { elements: { 1: required('98', 'ID', 2, 3), 2: required('100', 'ID', 3, 3) } },
  REF: { elements: { 1: required('128', 'ID', 2, 3), 2: rule('127', 'AN', 1, 80), 3: rule('352', 'AN', 1, 80) } },
  PER: { elements: { 1: required('366', 'ID', 2, 2), 2: rule('93', 'AN', 1, 60) }, pairs: [[3, 4], [5, 6], [7, 8]] },
  DTM: { elements: { 1: required('374', 'ID', 3, 3), 2: DATE, 3: rule('337', 'TM', 4, 8) } },
  N1: {
    loop: 'N1',
    elements: {
      1: required('98', 'ID', 2, 3), 2: rule('93', 'AN', 1, 60), 3: rule('66', 'ID', 1, 2), 4: rule('67', 'AN', 2, 80),
    },
    pairs: [[3, 4]],
  },
  N3: { after: 'N1', elements: { 1: required('166', 'AN', 1, 55) } },
  N4: { after: 'N1', elements: { 1: rule('19', 'AN', 2, 30), 3: rule('116', 'ID', 3, 15) } },
  PID: { elements: { 1: required('349', 'ID', 1, 1), 5: rule('352', 'AN', 1, 80) } },
  ITD: {
    elements: {
      3: rule('338', 'R', 1, 6), 4: rule('370', 'DT', 8, 8), 5: rule('351', 'N0', 1, 3), 6: rule('446', 'DT', 8, 8),
      7: rule('386', 'N0', 1, 3),
    },
  },
  MSG: { elements: { 1: required('933', 'AN', 1, 264) } },
  AMT: { elements: { 1: required('522', 'ID', 1, 3), 2: required('782', 'R', 1, 18) } },
  CTT: { maxUse: 1, elements: { 1: required('354', 'N0', 1, 6) } },
};

const ORDERED = productIds(6, 10);

export const purchaseOrderSchema: SetSchema = {
  id: '850',
  functionalId: 'PO',
  required: ['BEG', 'PO1'],
  counted: 'PO1',
  segments: {
    ...COMMON,
    BEG: {
      maxUse: 1,
      elements: { 1: PURPOSE, 2: required('92', 'ID', 2, 2), 3: ORDER_NUMBER, 4: rule('328', 'AN', 1, 30), 5: DATE_REQUIRED },
    },
    PO1: {
      loop: 'PO1',
      elements: {
        ...ORDERED.elements,
        1: rule('350', 'AN', 1, 20), 2: required('330', 'R', 1, 15), 3: required('355', 'ID', 2, 2), 4: PRICE,
        5: rule('639', 'ID', 2, 2),
      },
      pairs: ORDERED.pairs,
    },
  },
};

const SUBSTITUTED = productIds(7, 11);

export const purchaseOrderAcknowledgmentSchema: SetSchema = {
  id: '855',
  functionalId: 'PR',
  required: ['BAK'],
  counted: 'PO1',
  segments: {
    ...COMMON,
    BAK: {
      maxUse: 1,
      elements: {
        1: PURPOSE, 2: required('587', 'ID', 2, 2), 3: ORDER_NUMBER, 4: DATE_REQUIRED, 5: rule('328', 'AN', 1, 30),
        8: rule('127', 'AN', 1, 80), 9: DATE,
      },
    },
    PO1: {
      loop: 'PO1',
      elements: {
        ...ORDERED.elements, 1: rule('350', 'AN', 1, 20), 2: rule('330', 'R', 1, 15), 3: UNIT, 4: PRICE,
        5: rule('639', 'ID', 2, 2),
      },
      pairs: ORDERED.pairs,
    },
    ACK: {
      loop: 'ACK',
      after: 'PO1',
      elements: {
        ...SUBSTITUTED.elements, 1: required('668', 'ID', 2, 2, STATUSES), 2: rule('380', 'R', 1, 15), 3: UNIT,
        4: rule('374', 'ID', 3, 3), 5: DATE,
      },
      pairs: [[2, 3], ...SUBSTITUTED.pairs],
    },
  },
};

const SHIPPED = productIds(2, 15);

export const shipNoticeSchema: SetSchema = {
  id: '856',
  functionalId: 'SH',
  required: ['BSN', 'HL'],
  counted: 'HL',
  further: (set) => checkHierarchy(set, { root: 'S', below: { S: ['O'] }, needs: { O: 'PRF', I: 'SN1' } }),
  segments: {
    ...COMMON,
    BSN: {
      maxUse: 1,
      elements: {
        1: PURPOSE, 2: required('396', 'AN', 2, 30), 3: DATE_REQUIRED, 4: required('337', 'TM', 4, 8),
        5: rule('1005', 'ID', 4, 4),
      },
    },
    HL: {
      loop: 'HL',
      elements: {
        1: required('628', 'AN', 1, 12), 2: rule('734', 'AN', 1, 12), 3: required('735', 'ID', 1, 2),
        4: rule('736', 'ID', 1, 1, { codes: ['0', '1'] }),
      },
    },
    TD1: { loop: 'HL', after: 'HL', elements: { 2: rule('80', 'N0', 1, 7), 7: rule('81', 'R', 1, 10) } },
    PRF: { loop: 'HL', after: 'HL', elements: { 1: ORDER_NUMBER, 2: rule('328', 'AN', 1, 30), 4: DATE } },
    LIN: {
      loop: 'HL',
      after: 'HL',
      elements: {
        ...SHIPPED.elements, 1: rule('350', 'AN', 1, 20), 2: required('235', 'ID', 2, 2), 3: required('234', 'AN', 1, 80),
      },
      pairs: SHIPPED.pairs.slice(1),
    },
    SN1: {
      loop: 'HL',
      after: 'HL',
      elements: {
        1: rule('350', 'AN', 1, 20), 2: required('382', 'R', 1, 15), 3: required('355', 'ID', 2, 2),
        5: rule('330', 'R', 1, 15), 6: UNIT, 8: rule('668', 'ID', 2, 2, { codes: STATUSES }),
      },
      pairs: [[5, 6]],
    },
    MAN: { loop: 'HL', after: 'HL', elements: { 1: required('88', 'ID', 1, 2), 2: required('87', 'AN', 1, 48) } },
  },
};

export const invoiceSchema: SetSchema = {
  id: '810',
  functionalId: 'IN',
  required: ['BIG', 'TDS'],
  counted: 'IT1',
  segments: {
    ...COMMON,
    BIG: {
      maxUse: 1,
      elements: {
        1: DATE_REQUIRED, 2: required('76', 'AN', 1, 22), 3: DATE, 4: rule('324', 'AN', 1, 22), 5: rule('328', 'AN', 1, 30),
        7: rule('640', 'ID', 2, 2), 8: rule('353', 'ID', 2, 2),
      },
    },
    IT1: {
      loop: 'IT1',
      elements: {
        ...ORDERED.elements, 1: rule('350', 'AN', 1, 20), 2: rule('358', 'R', 1, 15), 3: UNIT, 4: PRICE,
        5: rule('639', 'ID', 2, 2),
      },
      pairs: [[2, 3], [3, 4], ...ORDERED.pairs],
    },
    TDS: { maxUse: 1, elements: { 1: required('610', 'N2', 1, 15), 2: AMOUNT, 3: AMOUNT, 4: AMOUNT } },
    TXI: { elements: { 1: required('963', 'ID', 2, 2), 2: rule('782', 'R', 1, 18), 3: rule('954', 'R', 1, 10) } },
    SAC: {
      elements: { 1: required('248', 'ID', 1, 1), 2: rule('1300', 'ID', 4, 4), 5: AMOUNT, 7: rule('332', 'R', 1, 6), 8: rule('118', 'R', 1, 9) },
    },
  },
};

/** The sets this folder reads. */
export const SCHEMAS: readonly SetSchema[] = [
  purchaseOrderSchema, purchaseOrderAcknowledgmentSchema, shipNoticeSchema, invoiceSchema,
];
