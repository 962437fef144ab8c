import { schemaCompiler, type Check } from '#chassis/contract/schemas.ts';
import { placeNotStorable } from '#chassis/contract/storable.ts';
import { procurementNetwork } from '#contracts/generated/system/procurement-network/v1.ts';
import type { SupplierDocument } from './inbound.ts';
import { UnusableDocument } from './unusable-document.ts';

const compile = schemaCompiler(procurementNetwork.document);
const schema = (name: string): Check => compile({ $ref: `#/components/schemas/${name}` });

const CHECKS: Record<SupplierDocument['kind'], Check> = {
  acknowledgement: schema('OrderAcknowledgement'),
  'ship-notice': schema('ShipNotice'),
  invoice: schema('SupplierInvoice'),
};

/** What vendors' entries have to become. */
export const contractPriceFaults = schema('ContractPrice');

/** @throws UnusableDocument naming the first place that does not keep the contract */
export function requireContract({ kind, content }: SupplierDocument): void {
  const [first, ...others] = CHECKS[kind](content);
  if (first) throw new UnusableDocument(`${first.pointer || '/'} ${first.detail}${others.length > 0 ? ` and ${others.length} more` : ''}`);
  const place = placeNotStorable(content);
  if (place !== undefined) throw new UnusableDocument(`${place} holds a character that cannot be stored`);
}
