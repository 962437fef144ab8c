/** Where a line of a requisition or an order goes, in the vendor's words. */
export interface Place {
  organization: string;
  destination: 'INVENTORY' | 'EXPENSE';
  subinventory?: string;
  /** Account combination. */
  chargeAccount: string;
}
