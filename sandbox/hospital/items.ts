/**
 * The item master of the sandbox hospital. Prices and suppliers are invented. Three devices are real records of the FDA
 * device database (gudid/); every other product and manufacturer is invented and carries a demonstration GTIN.
 */

import Big from 'big.js';
import { demonstrationGtin } from './gtin.ts';

export type Uom = 'EA' | 'BX' | 'CA' | 'PK';

export interface Item {
  number: string;
  description: string;
  category: 'implant' | 'device' | 'supply' | 'pharmaceutical';
  status: 'active' | 'inactive';
  manufacturer: string;
  manufacturerPart: string;
  gtins: readonly { gtin: string; uom: Uom }[];
  /** Unit in which stock is held and used. */
  stockingUom: Uom;
  /** Unit in which it is ordered and invoiced. */
  purchasingUom: Uom;
  /** Stocking units in one of each larger unit. */
  conversions: Readonly<Partial<Record<Uom, number>>>;
  /** USD for one purchasing unit, decimal string. */
  listPrice: string;
  contractPrice: string;
  /** Contract price of one stocking unit, decimal string with four places. */
  unitCost: string;
  /** Implants, catheters and pharmaceuticals; nobody scans a glove. */
  lotControlled: boolean;
  serialControlled: boolean;
  expiryControlled: boolean;
  expenseAccount: string;
  supplier: string;
  supplierItem: string;
  substitute?: string;
  /** What the EHR calls it: SNOMED CT for Synthea's devices and supplies, CVX for vaccines. */
  clinicalCodes: readonly { system: string; code: string }[];
  /** Name of the record under gudid/ that the identity is taken from. */
  gudidRecord?: string;
}

export const SNOMED = 'http://snomed.info/sct';
export const CVX = 'http://hl7.org/fhir/sid/cvx';

export const unitsOfMeasure: readonly { code: Uom; name: string; x12: string }[] = [
  { code: 'EA', name: 'Each', x12: 'EA' },
  { code: 'BX', name: 'Box', x12: 'BX' },
  { code: 'CA', name: 'Case', x12: 'CA' },
  { code: 'PK', name: 'Pack', x12: 'PK' },
];

interface Row extends Partial<Pick<Item, 'status' | 'manufacturer' | 'manufacturerPart' | 'substitute' | 'clinicalCodes' | 'gudidRecord' | 'purchasingUom' | 'conversions'>> {
  gtin?: string;
  /** Control flags: l(ot), s(erial), e(xpiry). */
  control?: string;
}

const expenseAccounts = { implant: '5120', device: '5110', supply: '5110', pharmaceutical: '5130' } as const;

let product = 0;

function item(number: string, category: Item['category'], description: string, supplier: string, listPrice: string, contractPrice: string, row: Row = {}): Item {
  product += 1;
  const conversions = row.conversions ?? {};
  const purchasingUom = row.purchasingUom ?? 'EA';
  const control = row.control ?? '';
  const packages = (Object.keys(conversions) as Uom[]).map((uom, index) => ({ gtin: demonstrationGtin(product, index + 1), uom }));
  return {
    number,
    description,
    category,
    status: row.status ?? 'active',
    manufacturer: row.manufacturer ?? 'Lakeview Medical Products',
    manufacturerPart: row.manufacturerPart ?? `LV-${number}`,
    gtins: row.gtin ? [{ gtin: row.gtin, uom: 'EA' }] : [{ gtin: demonstrationGtin(product), uom: 'EA' }, ...packages],
    stockingUom: 'EA',
    purchasingUom,
    conversions,
    listPrice,
    contractPrice,
    unitCost: new Big(contractPrice).div(conversions[purchasingUom] ?? 1).toFixed(4),
    lotControlled: control.includes('l'),
    serialControlled: control.includes('s'),
    expiryControlled: control.includes('e'),
    expenseAccount: expenseAccounts[category],
    supplier,
    supplierItem: `${supplier.slice(4)}-${number.slice(-4)}`,
    substitute: row.substitute,
    clinicalCodes: row.clinicalCodes ?? [],
    gudidRecord: row.gudidRecord,
  };
}

const snomed = (code: string) => [{ system: SNOMED, code }];
const cvx = (code: string) => [{ system: CVX, code }];
const boxOf = (count: number): Row => ({ purchasingUom: 'BX', conversions: { BX: count } });
const boxAndCaseOf = (box: number, boxes: number): Row => ({ purchasingUom: 'BX', conversions: { BX: box, CA: box * boxes } });

export const items: readonly Item[] = [
  // Cardiac and rhythm implants
  item('IMP-1001', 'implant', 'XIENCE Alpine everolimus eluting coronary stent 3.50 mm x 28 mm, over the wire', 'SUP-100', '1895.00', '1450.00', { manufacturer: 'ABBOTT VASCULAR INC.', manufacturerPart: '1145350-28', gtin: '08717648200274', gudidRecord: '08717648200274.json', control: 'le', substitute: 'IMP-1002', clinicalCodes: snomed('705643001') }),
  item('IMP-1002', 'implant', 'Drug eluting coronary stent 3.50 mm x 26 mm, rapid exchange', 'SUP-100', '1750.00', '1390.00', { control: 'le', substitute: 'IMP-1001' }),
  item('IMP-1003', 'implant', 'Drug eluting coronary stent 2.50 mm x 12 mm, rapid exchange', 'SUP-100', '1690.00', '1340.00', { control: 'le' }),
  item('IMP-1101', 'implant', 'Implantable cardioverter defibrillator, dual chamber', 'SUP-110', '24500.00', '19800.00', { control: 'se', clinicalCodes: snomed('72506001') }),
  item('IMP-1102', 'implant', 'Defibrillation lead, active fixation, 65 cm', 'SUP-110', '5200.00', '4150.00', { control: 'se' }),
  item('IMP-1103', 'implant', 'Pacemaker, dual chamber, rate responsive', 'SUP-110', '6900.00', '5480.00', { control: 'se' }),
  item('IMP-1104', 'implant', 'Pacing lead, bipolar, 52 cm', 'SUP-110', '980.00', '760.00', { control: 'se' }),
  item('IMP-1301', 'implant', 'Femoral vascular closure device 6F', 'SUP-100', '285.00', '219.00', { control: 'le' }),
  item('IMP-1302', 'implant', 'Sternal closure wire set', 'SUP-140', '96.00', '74.50', { control: 'l' }),
  // Orthopaedics
  item('IMP-1201', 'implant', 'CS2 acetabular insert VitalitE', 'SUP-120', '1320.00', '990.00', { manufacturer: 'CONSENSUS ORTHOPEDICS, INC.', manufacturerPart: '1107-0-3258', gtin: '00844588018923', gudidRecord: '00844588018923.xml', control: 'le' }),
  item('INS-1202', 'device', 'EMPERION 19 mm modular pilot (trial instrument)', 'SUP-120', '640.00', '512.00', { manufacturer: 'Smith & Nephew, Inc.', manufacturerPart: '71360949', gtin: '03596010535344', gudidRecord: '03596010535344.json', control: 'l', status: 'inactive' }),
  // Catheterisation laboratory and cardiac surgery
  item('DEV-2001', 'device', 'Coronary guide wire 0.014 in, 190 cm', 'SUP-100', '118.00', '86.00', { control: 'le' }),
  item('DEV-2002', 'device', 'Coronary balloon dilatation catheter 2.5 mm x 15 mm', 'SUP-100', '310.00', '238.00', { control: 'le' }),
  item('DEV-2003', 'device', 'Guiding catheter 6F, JL4', 'SUP-100', '92.00', '68.00', { control: 'le' }),
  item('DEV-2004', 'device', 'Introducer sheath 6F, 11 cm', 'SUP-100', '34.00', '24.50', { control: 'le' }),
  item('DEV-2005', 'device', 'Inflation device with manometer', 'SUP-100', '58.00', '42.00', { control: 'l' }),
  item('DEV-2101', 'device', 'Cardiac surgery custom pack', 'SUP-140', '420.00', '338.00', { control: 'le' }),
  item('DEV-2102', 'device', 'Membrane oxygenator with reservoir', 'SUP-140', '890.00', '715.00', { control: 'le' }),
  item('DEV-2103', 'device', 'Aortic punch 4.0 mm', 'SUP-140', '48.00', '36.00', { control: 'l' }),
  // Endoscopy, maternity, emergency
  item('DEV-2201', 'device', 'Biopsy forceps, disposable, 230 cm', 'SUP-140', '180.00', '136.00', boxOf(10)),
  item('DEV-2202', 'device', 'Polypectomy snare, 25 mm', 'SUP-140', '310.00', '240.00', boxOf(10)),
  item('DEV-2203', 'device', 'Bowel irrigation tubing set', 'SUP-140', '150.00', '112.00', boxOf(20)),
  item('DEV-2301', 'device', 'Epidural anaesthesia tray, 17 gauge', 'SUP-140', '420.00', '318.00', boxOf(10)),
  item('DEV-2302', 'device', 'Umbilical cord clamp', 'SUP-140', '60.00', '42.00', boxOf(100)),
  item('DEV-2303', 'device', 'Delivery pack, sterile', 'SUP-140', '360.00', '276.00', boxOf(12)),
  item('DEV-2401', 'device', 'Fibreglass casting tape 4 in', 'SUP-140', '118.00', '88.00', boxOf(10)),
  item('DEV-2501', 'device', 'Suture kit with 4-0 nylon', 'SUP-140', '190.00', '144.00', boxOf(20)),
  item('DEV-2601', 'device', 'Spirometry mouthpiece with filter', 'SUP-130', '140.00', '105.00', boxOf(100)),
  item('DEV-2602', 'device', 'Electrocardiogram electrode', 'SUP-130', '48.00', '35.00', boxOf(50)),
  item('DEV-2603', 'device', 'Amniocentesis needle 20 gauge', 'SUP-140', '240.00', '185.00', boxOf(10)),
  item('DEV-2604', 'device', 'Labour induction balloon catheter', 'SUP-140', '680.00', '540.00', boxOf(10)),
  // Consumables; the first six are Synthea's supplies
  item('CON-3001', 'supply', 'Disposable air-purifying respirator', 'SUP-130', '28.00', '19.00', { ...boxAndCaseOf(20, 8), clinicalCodes: snomed('409534002') }),
  item('CON-3002', 'supply', 'Nitrile examination glove, powder-free, sterile', 'SUP-130', '26.00', '18.00', { ...boxAndCaseOf(100, 10), substitute: 'CON-3007', clinicalCodes: snomed('713779008') }),
  item('CON-3003', 'supply', 'Isolation gown, single use', 'SUP-130', '62.00', '45.00', { ...boxAndCaseOf(50, 4), clinicalCodes: snomed('469673003') }),
  item('CON-3004', 'supply', 'Face shield', 'SUP-130', '60.00', '42.00', { ...boxOf(24), clinicalCodes: snomed('706724001') }),
  item('CON-3005', 'supply', 'Alcohol disinfectant 500 ml', 'SUP-150', '54.00', '39.60', { ...boxOf(12), clinicalCodes: snomed('419343004') }),
  item('CON-3006', 'supply', 'Antiseptic towelette', 'SUP-150', '14.00', '9.00', { ...boxAndCaseOf(100, 20), clinicalCodes: snomed('470618009') }),
  item('CON-3007', 'supply', 'Nitrile examination glove, powder-free, long cuff', 'SUP-130', '29.00', '21.00', boxAndCaseOf(100, 10)),
  item('CON-3008', 'supply', 'Syringe 3 ml with 23 gauge needle', 'SUP-130', '32.00', '22.00', boxOf(100)),
  item('CON-3009', 'supply', 'Blood collection set with EDTA and serum tubes', 'SUP-130', '95.00', '70.00', boxOf(50)),
  item('CON-3010', 'supply', 'Urine specimen container, sterile', 'SUP-130', '40.00', '28.00', boxOf(100)),
  item('CON-3011', 'supply', 'Throat swab with transport medium', 'SUP-130', '110.00', '82.00', boxOf(50)),
  item('CON-3012', 'supply', 'Pregnancy test, urine', 'SUP-150', '52.00', '37.50', boxOf(25)),
  item('CON-3013', 'supply', 'Urinalysis test strip', 'SUP-150', '44.00', '31.00', boxOf(100)),
  item('CON-3014', 'supply', 'Faecal occult blood test card', 'SUP-150', '76.00', '56.00', boxOf(50)),
  item('CON-3015', 'supply', 'Cervical cytology brush and vial', 'SUP-130', '128.00', '95.00', boxOf(25)),
  item('CON-3016', 'supply', 'Swab for nucleic acid test', 'SUP-130', '98.00', '74.00', boxOf(50)),
  item('CON-3017', 'supply', 'Intravenous start kit', 'SUP-130', '120.00', '90.00', boxOf(50)),
  item('CON-3018', 'supply', 'Ultrasound gel 250 ml', 'SUP-150', '30.00', '21.60', boxOf(12)),
  item('CON-3019', 'supply', 'Allergy skin test applicator', 'SUP-150', '66.00', '48.00', boxOf(60)),
  item('CON-3020', 'supply', 'Skin closure strip', 'SUP-130', '55.00', '40.00', boxOf(50)),
  // Pharmaceuticals and vaccines
  item('PHA-4001', 'pharmaceutical', 'Influenza vaccine, preservative free, syringe', 'SUP-150', '210.00', '172.00', { ...boxOf(10), control: 'le', clinicalCodes: cvx('140') }),
  item('PHA-4002', 'pharmaceutical', 'Tetanus and diphtheria toxoids, adult, syringe', 'SUP-150', '340.00', '288.00', { ...boxOf(10), control: 'le', clinicalCodes: cvx('113') }),
  item('PHA-4003', 'pharmaceutical', 'Human papillomavirus vaccine, quadrivalent', 'SUP-150', '1680.00', '1450.00', { ...boxOf(10), control: 'le', clinicalCodes: cvx('62') }),
  item('PHA-4004', 'pharmaceutical', 'Rho(D) immune globulin 300 microgram', 'SUP-150', '118.00', '96.00', { control: 'le' }),
  item('PHA-4005', 'pharmaceutical', 'Oxytocin 10 units per ml, vial', 'SUP-150', '88.00', '65.00', { ...boxOf(25), control: 'le' }),
  item('PHA-4006', 'pharmaceutical', 'Allergenic extract, maintenance vial', 'SUP-150', '74.00', '58.00', { control: 'le' }),
  item('PHA-4007', 'pharmaceutical', 'Iodinated contrast medium 100 ml', 'SUP-150', '240.00', '182.00', { ...boxOf(10), control: 'le' }),
  item('PHA-4008', 'pharmaceutical', 'Tuberculin purified protein derivative, 10 tests', 'SUP-150', '96.00', '78.00', { control: 'le' }),
];

/** A charge code that theatre staff use in the EHR and that nobody ever put into the item master. */
export const unmappedItemCode = 'EHR-88417';
