import { AdfError } from './adf/errors.ts';
import { constraintOf } from './database.ts';
import type { Operation } from './operation.ts';

/** POST suppliers: the number is given by the ERP. */
export const createSupplier: Operation = async (erp, body) => {
  body.ignore('BusinessRelationshipCode', 'BusinessRelationship', 'SupplierTypeCode', 'SupplierType', 'TaxOrganizationTypeCode', 'TaxOrganizationType');
  const values = [body.needText('Supplier'), body.text('TaxpayerId')];
  body.finish();
  try {
    const rows = await erp.books.rows<{ id: string }>(`
      insert into suppliers (number, name, tax_id, payment_terms)
      select 'SUP-' || (select greatest(max(substring(number from 5)::int), 199) + 1 from suppliers where number ~ '^SUP-[0-9]+$'), $1, $2, 'NET30' returning id::text`, values);
    await erp.reloadMaster();
    return { kind: 'created', id: rows[0]!.id };
  } catch (error) {
    if (constraintOf(error) === 'suppliers_name_key') throw new AdfError(400, `The supplier ${values[0]} exists already.`, 'POZ-2130391', '/Supplier');
    throw error;
  }
};

/** POST suppliers/{SupplierId}/child/sites. */
export const createSupplierSite: Operation = async (erp, body, [supplierId]) => {
  body.ignore('ProcurementBU', 'PaymentTerms', 'Email', 'SupplierAddressName', 'B2BCommunicationMethod', 'B2BSupplierSiteCode');
  const values = [supplierId, body.needText('SupplierSite'), body.flag('SitePurposePurchasingFlag') ?? true, body.flag('SitePurposePayFlag') ?? true];
  body.finish();
  try {
    const rows = await erp.books.rows<{ id: string }>('insert into supplier_sites (supplier_id, code, purchasing, pay) select id, $2, $3, $4 from suppliers where id = $1 returning id::text', values);
    if (!rows[0]) throw new AdfError(404, 'Not Found');
    await erp.reloadMaster();
    return { kind: 'created', id: rows[0].id };
  } catch (error) {
    if (constraintOf(error) === 'supplier_sites_supplier_id_code_key') throw new AdfError(400, 'The supplier site exists already.', 'POZ-2130392', '/SupplierSite');
    throw error;
  }
};
