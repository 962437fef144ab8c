export * from './acknowledgment-reading.ts';
export * from './acknowledgments.ts';
export * from './codes.ts';
export * from './delimiters.ts';
export type { FunctionalGroup, Interchange, TransactionSet } from './envelope.ts';
export { violationsOf } from './envelope.ts';
export * from './error.ts';
export type { GroupHeader, InterchangeHeader } from './headers.ts';
export * from './hierarchy.ts';
export * from './interchange.ts';
export * from './invoice-amounts.ts';
export * from './line-item-status.ts';
export * from './print.ts';
export type {
  Contact, DatedEvent, Party, PaymentTerms, ProductId, ProductIds, QualifierChoice, Reference,
} from './purchasing.ts';
export * from './schema.ts';
export * from './schemas.ts';
export * from './segment.ts';
export * from './violation.ts';
export * from './x810-invoice.ts';
export * from './x850-purchase-order.ts';
export * from './x855-purchase-order-acknowledgment.ts';
export * from './x856-ship-notice.ts';
