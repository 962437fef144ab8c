import type { SegmentInput } from './print.ts';
import type { Segment } from './segment.ts';
import {
  decimal, impliedDecimal, present, printDecimal, printImpliedDecimal, requiredText, text,
} from './values.ts';

/** TXI. */
export interface Tax {
  /** TXI01, data element 963: ST state sales, LS state and local, GS goods and services, VA value added ... */
  type: string;
  amount?: string;
  percent?: string;
  jurisdictionQualifier?: string;
  jurisdiction?: string;
  /** TXI06, data element 441: 1 exempt, 2 not exempt ... */
  exemption?: string;
}

/** SAC: freight, handling, discounts; N only informs and does not count. */
export interface AllowanceOrCharge {
  indicator: string;
  /** SAC02, data element 1300: D240 freight, H850 tax, G830 shipping and handling ... */
  code?: string;
  agencyQualifier?: string;
  agencyCode?: string;
  /** SAC05, which has two implied decimals on the wire. */
  amount?: string;
  percentQualifier?: string;
  percent?: string;
  rate?: string;
  description?: string;
  taxes?: Tax[];
}

export interface Amounts {
  taxes?: Tax[];
  allowancesAndCharges?: AllowanceOrCharge[];
}

/** TXI and SAC of a line or of the summary; a TXI after a SAC is the tax on that charge. */
export function readAmounts(segments: readonly Segment[]): Amounts {
  const taxes: Tax[] = [];
  const charges: AllowanceOrCharge[] = [];
  for (const segment of segments) {
    if (segment.id === 'SAC') charges.push(readAllowanceOrCharge(segment));
    else if (segment.id === 'TXI') {
      const charge = charges.at(-1);
      if (charge === undefined) taxes.push(readTax(segment));
      else charge.taxes = [...(charge.taxes ?? []), readTax(segment)];
    }
  }
  return present<Amounts>({ taxes, allowancesAndCharges: charges });
}

export function printAmounts({ taxes = [], allowancesAndCharges = [] }: Amounts): SegmentInput[] {
  return [
    ...taxes.map(printTax),
    ...allowancesAndCharges.flatMap((charge): SegmentInput[] => [
      [
        'SAC', charge.indicator, charge.code, charge.agencyQualifier, charge.agencyCode,
        printImpliedDecimal(charge.amount, 'SAC', 5), charge.percentQualifier, printDecimal(charge.percent, 'SAC', 7),
        printDecimal(charge.rate, 'SAC', 8), undefined, undefined, undefined, undefined, undefined, undefined,
        charge.description,
      ],
      ...(charge.taxes ?? []).map(printTax),
    ]),
  ];
}

function readTax(txi: Segment): Tax {
  return present<Tax>({
    type: requiredText(txi, 1),
    amount: decimal(txi, 2),
    percent: decimal(txi, 3),
    jurisdictionQualifier: text(txi, 4),
    jurisdiction: text(txi, 5),
    exemption: text(txi, 6),
  });
}

function printTax(tax: Tax): SegmentInput {
  return [
    'TXI', tax.type, printDecimal(tax.amount, 'TXI', 2), printDecimal(tax.percent, 'TXI', 3),
    tax.jurisdictionQualifier, tax.jurisdiction, tax.exemption,
  ];
}

function readAllowanceOrCharge(sac: Segment): AllowanceOrCharge {
  return present<AllowanceOrCharge>({
    indicator: requiredText(sac, 1),
    code: text(sac, 2),
    agencyQualifier: text(sac, 3),
    agencyCode: text(sac, 4),
    amount: impliedDecimal(sac, 5),
    percentQualifier: text(sac, 6),
    percent: decimal(sac, 7),
    rate: decimal(sac, 8),
    description: text(sac, 15),
  });
}
