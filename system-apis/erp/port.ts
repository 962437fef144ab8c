import type { Adapter } from '#chassis/adapters/adapter.ts';
import type { Implementation } from '#chassis/contract/serve.ts';
import type { ErpOperations } from '#contracts/generated/system/erp/v1.ts';

/**
 * What an ERP adapter offers: the operations of the contract, no more. `call.repeated` says that an earlier attempt may
 * have written already: the adapter then looks for the `reference` in the vendor's books before it writes again.
 */
export type ErpPort = Implementation<ErpOperations>;

export type ErpAdapter = Adapter<ErpPort>;
