/** Suppliers of the sandbox hospital. All names are invented. */

import { demonstrationGln } from './gtin.ts';

/** How orders reach the supplier and its answers come back. */
export type Channel = 'procurement-network' | 'x12' | 'partner-rest';

export interface PaymentTerms {
  code: string;
  dueDays: number;
  discountPercent?: string;
  discountDays?: number;
}

export interface SupplierSite {
  code: string;
  purpose: 'purchasing' | 'pay' | 'purchasing and pay';
  facilities: readonly string[];
}

export interface Supplier {
  number: string;
  name: string;
  status: 'active' | 'inactive';
  channel: Channel;
  /** Address on its channel: network id, X12 interchange id with qualifier, or partner client id. */
  channelAddress: string;
  gln: string;
  paymentTerms: string;
  taxId: string;
  orderEmail: string;
  leadTimeDays: number;
  sites: readonly SupplierSite[];
}

export const paymentTerms: readonly PaymentTerms[] = [
  { code: 'IMMEDIATE', dueDays: 0 },
  { code: 'NET30', dueDays: 30 },
  { code: 'NET45', dueDays: 45 },
  { code: '2/10 NET30', dueDays: 30, discountPercent: '2', discountDays: 10 },
];

const both = ['MAIN', 'EAST'] as const;

export const suppliers: readonly Supplier[] = [
  { number: 'SUP-100', name: 'Harborline Cardiac Devices', status: 'active', channel: 'procurement-network', channelAddress: 'NET-HARBORLINE', gln: demonstrationGln(2100), paymentTerms: 'NET30', taxId: '00-1000100', orderEmail: 'orders@harborline.example', leadTimeDays: 2, sites: [{ code: 'HARBORLINE-HQ', purpose: 'purchasing and pay', facilities: both }] },
  { number: 'SUP-110', name: 'Meridian Rhythm Systems', status: 'active', channel: 'procurement-network', channelAddress: 'NET-MERIDIAN', gln: demonstrationGln(2110), paymentTerms: 'NET45', taxId: '00-1000110', orderEmail: 'orders@meridianrhythm.example', leadTimeDays: 3, sites: [{ code: 'MERIDIAN-ORD', purpose: 'purchasing', facilities: both }, { code: 'MERIDIAN-PAY', purpose: 'pay', facilities: both }] },
  { number: 'SUP-120', name: 'Bluestem Orthopaedics', status: 'active', channel: 'procurement-network', channelAddress: 'NET-BLUESTEM', gln: demonstrationGln(2120), paymentTerms: 'NET30', taxId: '00-1000120', orderEmail: 'orders@bluestem.example', leadTimeDays: 5, sites: [{ code: 'BLUESTEM-HQ', purpose: 'purchasing and pay', facilities: both }] },
  { number: 'SUP-130', name: 'Cascade Medical Distribution', status: 'active', channel: 'x12', channelAddress: '12:5550130130', gln: demonstrationGln(2130), paymentTerms: '2/10 NET30', taxId: '00-1000130', orderEmail: 'edi@cascademed.example', leadTimeDays: 1, sites: [{ code: 'CASCADE-DC1', purpose: 'purchasing and pay', facilities: both }] },
  { number: 'SUP-140', name: 'Prairie Surgical Supply', status: 'active', channel: 'x12', channelAddress: 'ZZ:PRAIRIESURG', gln: demonstrationGln(2140), paymentTerms: 'NET30', taxId: '00-1000140', orderEmail: 'edi@prairiesurgical.example', leadTimeDays: 2, sites: [{ code: 'PRAIRIE-HQ', purpose: 'purchasing and pay', facilities: both }] },
  { number: 'SUP-150', name: 'Fernhill Pharmacy and Hygiene', status: 'active', channel: 'partner-rest', channelAddress: 'partner-fernhill', gln: demonstrationGln(2150), paymentTerms: 'NET30', taxId: '00-1000150', orderEmail: 'orders@fernhill.example', leadTimeDays: 1, sites: [{ code: 'FERNHILL-HQ', purpose: 'purchasing and pay', facilities: both }] },
  { number: 'SUP-190', name: 'Old Quarry Instruments', status: 'inactive', channel: 'x12', channelAddress: 'ZZ:OLDQUARRY', gln: demonstrationGln(2190), paymentTerms: 'IMMEDIATE', taxId: '00-1000190', orderEmail: 'orders@oldquarry.example', leadTimeDays: 10, sites: [{ code: 'OLDQUARRY-HQ', purpose: 'purchasing and pay', facilities: ['MAIN'] }] },
];
