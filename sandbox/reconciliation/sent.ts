/** What was sent to the platform: the other half of every comparison. Written as it goes by whoever sends. */
export interface Sent {
  uses: SentUse[];
  requisitions: SentRequisition[];
  /** Decisions of people that the platform took. */
  decisions: Decision[];
  messages: SentMessage[];
  /** What people still wait for; named by whoever waits. */
  waiting: Waiting[];
}

/** A piece or quantity that a clinician recorded. */
export interface SentUse {
  /** As the EHR refers to it: `DeviceUseStatement/1`. */
  id: string;
  item: string;
  quantity: number;
  facility: string;
  location: string;
  costCentre: string;
  isMapped: boolean;
  /** The clinician took the record back: whatever was taken for it has to be put back. */
  isWithdrawn?: boolean;
}

export interface SentRequisition {
  reference: string;
  /** What it is there to try, for the reader. */
  story?: string;
  requester: string;
  costCentre: string;
  facility: string;
  lines: { item: string; supplier?: string; quantity: number; unit: string }[];
  expected: { answer: 'refused'; code: string } | { answer: 'accepted'; end: 'ordered' | 'rejected' | 'withdrawn'; tiers: Record<string, string[]> };
  answer?: Answer;
  /** How each supplier's part went through its approvals, as its requester sees it. */
  approvals?: Record<string, SeenApproval[]>;
}

export type Answer = { answer: 'accepted'; number: string } | { answer: 'refused'; code: string };

export interface SeenApproval {
  tier: string;
  decision: string;
  by: string;
  inPlaceOf?: string;
}

export interface Decision {
  kind: string;
  resolution: string;
  by: string;
  /** Requisition reference of the order, or id of the use. */
  subject: string;
  supplier?: string;
  orderNumber?: string;
  invoiceNumber?: string;
  /** Item that a person named. */
  item?: string;
}

export interface SentMessage {
  id: string;
  source: string;
  /** Whether the receiver has to take it, or to refuse it and say so. */
  expected: 'accepted' | 'refused';
}

export interface Waiting {
  what: string;
  for: string;
}

/** Resolutions by which a person sends an invoice back. */
const REFUSALS = new Set(['refuse-invoice', 'is-duplicate']);

export function wasRefused({ decisions }: Sent, orderNumber: string, invoiceNumber: string): boolean {
  return decisions.some((each) => REFUSALS.has(each.resolution) && each.orderNumber === orderNumber && each.invoiceNumber?.trim() === invoiceNumber.trim());
}

export function decided({ decisions }: Sent, kind: string, subject: string): Decision[] {
  return decisions.filter((each) => each.kind === kind && each.subject === subject);
}

/** The item that was used: what the clinician recorded, or what a person said its code means; undefined when it was set aside. */
export function itemOf(sent: Sent, use: SentUse): string | undefined {
  const mapped = [...decided(sent, 'missing-item-mapping', use.id), ...decided(sent, 'identifiers-differ', use.id)];
  if (mapped.some((each) => each.resolution === 'ignore')) return undefined;
  const named = mapped.find((each) => each.resolution === 'map-item')?.item;
  if (named !== undefined) return named;
  if (use.isMapped) return use.item;
  // The platform may have learnt the code from another use.
  return sent.decisions.find((each) => each.kind === 'missing-item-mapping' && each.resolution === 'map-item' && sent.uses.some((other) => other.id === each.subject && other.item === use.item))?.item;
}
