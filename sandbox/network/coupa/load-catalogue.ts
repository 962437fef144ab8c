import Big from 'big.js';
import { masterData } from '../../hospital/master-data.ts';
import type { Queryable } from '../database.ts';

const EXPIRED_SUPPLIER = 'SUP-100';

/** Fills suppliers, items, contracts and contract prices from the hospital's master data; what is there stays. */
export async function loadCatalogue(db: Queryable, today: Date): Promise<void> {
  const suppliers = masterData.suppliers.map((supplier, index) => ({
    id: index + 1,
    number: supplier.number,
    name: supplier.name,
    status: supplier.status,
    payment_term: supplier.paymentTerms,
    po_method: supplier.channel === 'procurement-network' ? 'cxml' : 'prompt',
    email: supplier.orderEmail,
  }));
  const items = masterData.items.map((item, index) => ({
    id: index + 1,
    item_number: item.number,
    name: item.description,
    description: item.description,
    uom: item.purchasingUom,
    category: item.category,
    manufacturer: item.manufacturer,
    gtin: item.gtins[0]?.gtin ?? null,
  }));
  const year = today.getUTCFullYear();
  const contracts = suppliers.map((supplier) => ({
    id: supplier.id,
    number: `CTR-${supplier.number.slice(4)}`,
    name: `Supply agreement ${supplier.name}`,
    status: supplier.status === 'active' ? 'published' : 'terminated',
    supplier_id: supplier.id,
    start_date: `${year}-01-01`,
    end_date: `${year + 1}-12-31`,
  }));
  const prices = masterData.items.map((item, index) => {
    const supplierId = suppliers.find((each) => each.number === item.supplier)?.id;
    if (supplierId === undefined) throw new RangeError(`${item.number} names the unknown supplier ${item.supplier}`);
    return {
      id: index + 1,
      item_id: index + 1,
      supplier_id: supplierId,
      contract_id: supplierId,
      supplier_part_num: item.supplierItem,
      price: item.contractPrice,
      uom: item.purchasingUom,
      minimum_order_quantity: '1',
    };
  });

  // An old agreement stays in the catalogue at its old prices: whoever reads prices must look at the dates.
  const expired = suppliers.find((each) => each.number === EXPIRED_SUPPLIER);
  if (expired) {
    const id = contracts.length + 1;
    contracts.push({ id, number: `CTR-${expired.number.slice(4)}-OLD`, name: `Former agreement ${expired.name}`, status: 'expired', supplier_id: expired.id, start_date: `${year - 2}-01-01`, end_date: `${year - 1}-12-31` });
    const old = prices.filter((price) => price.supplier_id === expired.id);
    for (const price of old) {
      prices.push({ ...price, id: prices.length + 1, contract_id: id, price: new Big(price.price).times('0.93').toFixed(2) });
    }
  }

  await insert(db, 'coupa_suppliers', suppliers);
  await insert(db, 'coupa_items', items);
  await insert(db, 'coupa_contracts', contracts);
  await insert(db, 'coupa_supplier_items', prices);
}

async function insert(db: Queryable, table: string, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).join(', ');
  await db.query(
    `insert into network.${table} (${columns})
     select ${columns} from jsonb_populate_recordset(null::network.${table}, $1) on conflict do nothing`,
    [JSON.stringify(rows)],
  );
}
