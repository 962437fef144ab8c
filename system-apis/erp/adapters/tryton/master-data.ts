import { ApiError } from '#chassis/errors/failures.ts';
import type { ErpPort } from '../../port.ts';
import { lackOf } from './capabilities.ts';
import { mustFind } from './directory.ts';
import { accountOf, costCenterOf, itemOf, replenishmentRuleOf, supplierOf } from './mapping/master-data.ts';
import { unitCodeOf } from './mapping/units.ts';
import { contains, pageById, pageOfKnown } from './pages.ts';
import { Account, CostCenter, OrderPoint, Party, Product } from './records.ts';
import type { Tryton } from './tryton.ts';

type Operations = Pick<ErpPort, 'listSuppliers' | 'getSupplier' | 'listItems' | 'getItem' | 'listUnitsOfMeasure' | 'listCostCenters' | 'getCostCenter' | 'listAccounts' | 'getAccount' | 'getBudget' | 'listReplenishmentRules'>;

const CODED = ['code', '!=', null];
const ALL = { active_test: false };

export function masterDataOperations({ client, directory, settings: { unitCodes } }: Tryton): Operations {
  const facilityCodes = async () => (await directory.warehouses()).flatMap(({ code }) => (code ? [code] : []));

  return {
    async listSuppliers({ name, ...page }) {
      const currency = await directory.companyCurrency();
      const domain = [directory.supplierDomain, ...(name === undefined ? [] : [contains('name', name)])];
      return pageById(client, Party, domain, page, (rows) => rows.map((row) => supplierOf(row, currency)), ALL);
    },

    async getSupplier({ supplierNumber }) {
      const [party, currency] = await Promise.all([
        mustFind(client, Party, [['code', '=', supplierNumber], directory.supplierDomain], 'unknown-supplier', 'There is no such supplier.'),
        directory.companyCurrency(),
      ]);
      return supplierOf(party, currency);
    },

    async listItems({ deviceIdentifier, description, ...page }) {
      const currency = await directory.companyCurrency();
      const domain = [
        CODED,
        ...(deviceIdentifier === undefined ? [] : [['identifiers.code', '=', deviceIdentifier]]),
        ...(description === undefined ? [] : [contains('template.name', description)]),
      ];
      return pageById(client, Product, domain, page, (rows) => rows.map((row) => itemOf(row, currency, unitCodes)), ALL);
    },

    async getItem({ itemNumber }) {
      const [product, currency] = await Promise.all([
        mustFind(client, Product, [['code', '=', itemNumber]], 'unknown-item', 'There is no such item.'),
        directory.companyCurrency(),
      ]);
      return itemOf(product, currency, unitCodes);
    },

    async listUnitsOfMeasure(page) {
      const units = new Map((await directory.units()).toReversed().map(({ name, symbol }) => [unitCodeOf(symbol, unitCodes), name]));
      return pageOfKnown([...units].map(([code, name]) => ({ code, name })), ({ code }) => code, page);
    },

    async listCostCenters({ facility, ...page }) {
      const [facilities, domain] = await Promise.all([facilityCodes(), directory.costCenterDomain()]);
      const below = facility === undefined ? [] : [['OR', ['parent.code', '=', facility], ['parent.code', 'not in', facilities], ['parent.code', '=', null]]];
      return pageById(client, CostCenter, [...domain, CODED, ...below], page, (rows) => rows.map((row) => costCenterOf(row, facilities)), ALL);
    },

    async getCostCenter({ costCenter }) {
      const [facilities, domain] = await Promise.all([facilityCodes(), directory.costCenterDomain()]);
      return costCenterOf(await mustFind(client, CostCenter, [...domain, ['code', '=', costCenter]], 'unknown-cost-center', 'There is no such cost centre.'), facilities);
    },

    async listAccounts(page) {
      return pageById(client, Account, [CODED, ['type', '!=', null]], page, (rows) => rows.map(accountOf));
    },

    async getAccount({ account }) {
      return accountOf(await mustFind(client, Account, [['code', '=', account], ['type', '!=', null]], 'unknown-account', 'There is no such account.'));
    },

    async getBudget() {
      throw new ApiError('not-supported', lackOf('budgets'), { code: 'vendor-lacks-budgets' });
    },

    async listReplenishmentRules({ facility, itemNumber, ...page }) {
      const domain = [
        ['OR', ['warehouse_location.code', '=', facility], ['storage_location.parent', 'child_of', (await directory.warehouses()).filter(({ code }) => code === facility).map(({ id }) => id), 'parent']],
        ...(itemNumber === undefined ? [] : [['product.code', '=', itemNumber]]),
      ];
      return pageById(client, OrderPoint, domain, page, (rows) => rows.map((row) => replenishmentRuleOf(row, unitCodes)));
    },
  };
}
