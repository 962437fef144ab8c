import { pageOfKnown, pageById, pageByPosition } from './pages.ts';
import type { ReplenishmentRule } from '#contracts/generated/system/erp/v1.ts';
import type { ErpPort } from '../../port.ts';
import { notFound } from './errors.ts';
import { facilityNamed } from './facilities.ts';
import type { Fusion } from './fusion.ts';
import { budgetOf, replenishmentRuleOf, supplierOf, unitOf, unitsOf } from './mapping/master-data.ts';
import { contains, either, equals, type Condition } from './query.ts';
import type { RuleRow } from './rules.ts';
import { BudgetBalance, Gtin, Item as ItemRecord, ItemSubinventory } from './records.ts';

type Operations = Pick<ErpPort, 'listSuppliers' | 'getSupplier' | 'listItems' | 'getItem' | 'listUnitsOfMeasure' | 'listCostCenters' | 'getCostCenter' | 'listAccounts' | 'getAccount' | 'getBudget' | 'listReplenishmentRules'>;

export function masterData({ client, settings, chart, items, suppliers, rules }: Fusion): Operations {
  async function replenishmentRule(row: RuleRow): Promise<ReplenishmentRule> {
    const item = await items.named(row.ItemNumber);
    return replenishmentRuleOf(row, unitOf(item.PrimaryUOMCode, settings.unitCodes), settings);
  }

  return {
    async listSuppliers({ name, ...page }) {
      const part = name?.toLowerCase();
      const found = (await suppliers.all()).filter((row) => part === undefined || row.Supplier.toLowerCase().includes(part));
      return pageOfKnown(found.map((row) => supplierOf(row, settings)), (each) => each.number, page);
    },

    async getSupplier({ supplierNumber }) {
      const row = await suppliers.find(supplierNumber);
      if (!row) throw notFound('unknown-supplier', 'The ERP has no such supplier.');
      return supplierOf(row, settings);
    },

    async listItems({ deviceIdentifier, description, ...page }) {
      if (deviceIdentifier !== undefined) {
        const relations = await client.all(Gtin, 'GTINRelationships', { where: [equals('GTIN', deviceIdentifier)] });
        const found = await Promise.all([...new Set(relations.map((each) => each.Item))].map((number) => items.whole(number)));
        const wanted = found.filter((item) => item !== undefined).filter((item) => includesPart(item.description, description));
        return pageOfKnown(wanted, (item) => item.number, page);
      }
      return pageByPosition(client, {
        shape: ItemRecord, path: 'itemsV2', search: { where: description === undefined ? [items.scope()] : [items.scope(), describedBy(description)], orderBy: 'ItemNumber' },
        present: (rows) => items.complete(rows),
      }, page);
    },

    async getItem({ itemNumber }) {
      const item = await items.whole(itemNumber);
      if (!item) throw notFound('unknown-item', 'The item master has no such item.');
      return item;
    },

    async listUnitsOfMeasure(page) {
      return pageOfKnown(unitsOf(await items.units(), settings), (unit) => unit.code, page);
    },

    async listCostCenters({ facility, ...page }) {
      const { costCenters } = await chart.read();
      return pageOfKnown([...costCenters.values()].filter((each) => facility === undefined || each.facilities.includes(facility)), (each) => each.code, page);
    },

    async getCostCenter({ costCenter: code }) {
      const costCenter = await chart.costCenter(code);
      if (!costCenter) throw notFound('unknown-cost-center', 'The ledger has no such cost centre.');
      return costCenter;
    },

    async listAccounts(page) {
      return pageOfKnown((await chart.read()).accounts.values(), (each) => each.code, page);
    },

    async getAccount({ account: code }) {
      const account = await chart.account(code);
      if (!account) throw notFound('unknown-account', 'The ledger has no such account.');
      return account;
    },

    async getBudget({ costCenter, year }) {
      const { items: [balance] } = await client.page(BudgetBalance, 'budgetaryControlBalances', { where: [equals('CostCenter', costCenter), equals('BudgetPeriod', String(year))], limit: 1 });
      if (balance) return budgetOf(balance, costCenter, year);
      if (!(await chart.costCenter(costCenter))) throw notFound('unknown-cost-center', 'The ledger has no such cost centre.');
      throw notFound('unknown-budget', 'The cost centre has no budget for this year.');
    },

    async listReplenishmentRules({ facility, itemNumber, ...page }) {
      const { organization } = facilityNamed(settings, facility);
      if (itemNumber !== undefined) {
        const found = await rules.of(organization, itemNumber);
        return pageOfKnown(await Promise.all(found.map(replenishmentRule)), (rule) => rule.location, page);
      }
      return pageById(client, {
        shape: ItemSubinventory, path: 'itemSubinventories', key: 'ItemSubinventoryId', search: { where: [equals('OrganizationCode', organization)] },
        present: (rows) => Promise.all(rows.map(replenishmentRule)),
      }, page);
    },
  };
}

/** The vendor compares letter by letter, so the spellings that people type are asked for one by one. */
function describedBy(part: string): Condition {
  const spellings = new Set([part, part.toLowerCase(), part.toUpperCase(), part[0]!.toUpperCase() + part.slice(1).toLowerCase()]);
  const asked = either([...spellings].map((spelling) => [contains('ItemDescription', spelling)]));
  return { ...asked, holds: (row) => includesPart((row as { ItemDescription?: string }).ItemDescription ?? '', part) };
}

function includesPart(text: string, part: string | undefined): boolean {
  return part === undefined || text.toLowerCase().includes(part.toLowerCase());
}
