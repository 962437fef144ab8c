import { defineAdapter } from '#chassis/adapters/adapter.ts';
import type { ErpPort } from '../../port.ts';
import { capabilitiesOf, STOCK_ACCOUNTING_MODULES } from './capabilities.ts';
import { employeeOperations } from './employees.ts';
import { invoiceOperations } from './invoices.ts';
import { journalOperations } from './journals.ts';
import { masterDataOperations } from './master-data.ts';
import { orderChangeOperations } from './order-changes.ts';
import { orderOperations } from './orders.ts';
import { paymentOperations } from './payments.ts';
import { receiptOperations } from './receipts.ts';
import { Module } from './records.ts';
import { requisitionOperations } from './requisitions.ts';
import { TrytonSettings } from './settings.ts';
import { stockMovementOperations } from './stock-movements.ts';
import { stockOperations } from './stock.ts';
import { refuseUnstorable } from './texts.ts';
import { connectTryton, type Tryton } from './tryton.ts';

/** Tryton 6.0 over its JSON-RPC. */
export const tryton = defineAdapter<ErpPort>()({
  settings: TrytonSettings,
  create(settings, deps) {
    const connected = connectTryton(settings, deps);
    return { ...refuseUnstorable(operations(connected)), close: () => connected.client.close() };
  },
});

function operations(connected: Tryton): ErpPort {
  return {
    async getCapabilities() {
      const modules = await connected.client.search(Module, [['name', 'in', STOCK_ACCOUNTING_MODULES], ['state', '=', 'activated']]);
      return { adapter: 'tryton', capabilities: capabilitiesOf(modules.map((module) => module.name)) };
    },
    ...masterDataOperations(connected),
    ...requisitionOperations(connected),
    ...orderOperations(connected),
    ...orderChangeOperations(connected),
    ...receiptOperations(connected),
    ...invoiceOperations(connected),
    ...paymentOperations(connected),
    ...stockOperations(connected),
    ...stockMovementOperations(connected),
    ...journalOperations(connected),
    ...employeeOperations(),
  };
}
