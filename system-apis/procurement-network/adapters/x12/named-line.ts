import type { ProductIds } from '#formats/x12/index.ts';
import type { NamedLine } from '../../orders/known-order.ts';

/** How a line of any set names what it is about. A UPC is a GTIN without its leading zeros. */
export function namedLine(line: ProductIds & { lineNumber?: string }): NamedLine {
  const number = line.lineNumber !== undefined && /^0*[1-9]\d{0,5}$/.test(line.lineNumber) ? Number(line.lineNumber) : undefined;
  return { line: number, itemNumber: line.buyerItemNumber, supplierItemNumber: line.vendorPartNumber, deviceIdentifier: line.gtin ?? line.upc?.padStart(14, '0') };
}
