/**
 * Which supplies and devices each procedure of the Synthea data uses, and the cost centre that bears them. The codes and
 * their wording are those of the data; the preferences are ours and no clinical advice. Every procedure that occurs in
 * the data has a row, also those that use nothing. The data has an implanted defibrillator without its procedure; the
 * code that Synthea's own modules use for it is added.
 */

import { unmappedItemCode } from './items.ts';

export interface ProcedureSupplies {
  code: string;
  display: string;
  costCentre: string;
  uses: readonly { item: string; quantity: number }[];
}

function row(code: string, display: string, costCentre: string, uses: Record<string, number> = {}): ProcedureSupplies {
  return { code, display, costCentre, uses: Object.entries(uses).map(([item, quantity]) => ({ item, quantity })) };
}

const gloves = { 'CON-3002': 2 };
const bloodTest = { 'CON-3002': 2, 'CON-3006': 1, 'CON-3009': 1 };
const urineTest = { 'CON-3002': 2, 'CON-3010': 1, 'CON-3013': 1 };
const swabTest = { 'CON-3002': 2, 'CON-3016': 1 };
const injection = { 'CON-3002': 2, 'CON-3006': 1, 'CON-3008': 1 };
const ultrasound = { 'CON-3002': 2, 'CON-3018': 1 };

export const procedureSupplies: readonly ProcedureSupplies[] = [
  row('415070008', 'Percutaneous coronary intervention', '7010', { 'IMP-1001': 1, 'DEV-2001': 1, 'DEV-2002': 1, 'DEV-2003': 1, 'DEV-2004': 1, 'DEV-2005': 1, 'IMP-1301': 1, 'PHA-4007': 2, 'CON-3002': 8, 'CON-3017': 1 }),
  row('232717009', 'Coronary artery bypass grafting', '7020', { 'DEV-2101': 1, 'DEV-2102': 1, 'DEV-2103': 1, 'IMP-1302': 1, 'CON-3002': 24, 'CON-3003': 6, 'CON-3017': 2, [unmappedItemCode]: 1 }),
  row('447365002', 'Insertion of biventricular implantable cardioverter defibrillator', '7030', { 'IMP-1101': 1, 'IMP-1102': 1, 'CON-3002': 8, 'CON-3003': 4, 'CON-3017': 1 }),
  row('73761001', 'Colonoscopy', '7050', { 'DEV-2201': 1, 'DEV-2203': 1, 'CON-3002': 4, 'CON-3003': 2, 'CON-3017': 1 }),
  row('274031008', 'Rectal polypectomy', '7050', { 'DEV-2202': 1, 'CON-3002': 4, 'CON-3003': 2 }),
  row('274474001', 'Bone immobilization', '7040', { 'DEV-2401': 3, ...gloves }),
  row('288086009', 'Suture open wound', '7040', { 'DEV-2501': 1, 'CON-3020': 2, 'CON-3002': 4, 'CON-3006': 2 }),
  row('66348005', 'Childbirth', '7060', { 'DEV-2303': 1, 'DEV-2302': 1, 'PHA-4005': 1, 'CON-3002': 12, 'CON-3003': 3 }),
  row('18946005', 'Epidural anesthesia', '7060', { 'DEV-2301': 1, 'CON-3002': 4, 'CON-3006': 2 }),
  row('31208007', 'Medical induction of labor', '7060', { 'DEV-2604': 1, 'PHA-4005': 1, 'CON-3017': 1, 'CON-3002': 4 }),
  row('51116004', 'RhD passive immunization', '7060', { 'PHA-4004': 1, ...injection }),
  row('5880005', 'Physical examination following birth', '7060', gloves),
  row('443529005', 'Screening for chromosomal aneuploidy in prenatal amniotic fluid', '7060', { 'DEV-2603': 1, ...ultrasound }),
  row('169230002', 'Ultrasound scan for fetal viability', '7060', ultrasound),
  row('271442007', 'Fetal anatomy study', '7060', ultrasound),
  row('225158009', 'Auscultation of the fetal heart', '7060', ultrasound),
  row('274804006', 'Evaluation of uterine fundal height', '7060', gloves),
  row('169673001', 'Antenatal RhD antibody screening', '7060', bloodTest),
  row('275833003', 'Alpha-fetoprotein test', '7060', bloodTest),
  row('169690007', 'Rubella screening', '7060', bloodTest),
  row('118001005', 'Streptococcus pneumoniae group B antigen test', '7060', swabTest),
  row('40701008', 'Echocardiography (procedure)', '7010', { 'DEV-2602': 3, ...ultrasound }),
  row('180256009', 'Subcutaneous immunotherapy', '7050', { 'PHA-4006': 1, ...injection }),
  row('76601001', 'Intramuscular injection', '7050', injection),
  row('399014008', 'Vaccination for diphtheria  pertussis  and tetanus', '7050', { 'PHA-4002': 1, ...injection }),
  row('28163009', 'Skin test for tuberculosis', '7050', { 'PHA-4008': 1, ...injection }),
  row('395142003', 'Allergy screening test', '7050', { 'CON-3019': 1, ...gloves }),
  row('127783003', 'Spirometry (procedure)', '7050', { 'DEV-2601': 1, ...gloves }),
  row('23426006', 'Measurement of respiratory function (procedure)', '7050', { 'DEV-2601': 1, ...gloves }),
  row('117015009', 'Throat culture (procedure)', '7050', { 'CON-3011': 1, ...gloves }),
  row('104435004', 'Screening for occult blood in feces (procedure)', '7050', { 'CON-3014': 1, ...gloves }),
  row('252160004', 'Standard pregnancy test', '7050', { 'CON-3010': 1, 'CON-3012': 1, ...gloves }),
  row('90226004', 'Cytopathology procedure  preparation of smear  genital source', '7050', { 'CON-3015': 1, ...gloves }),
  row('399208008', 'Chest X-ray', '7040', gloves),
  row('104091002', 'Hemoglobin / Hematocrit / Platelet count', '7050', bloodTest),
  row('104326007', 'Measurement of Varicella-zoster virus antibody', '7050', bloodTest),
  row('104375008', 'Hepatitis C antibody test', '7050', bloodTest),
  row('269828009', 'Syphilis infection test', '7050', bloodTest),
  row('31676001', 'Human immunodeficiency virus antigen test', '7050', bloodTest),
  row('44608003', 'Blood typing  RH typing', '7050', bloodTest),
  row('47758006', 'Hepatitis B Surface Antigen Measurement', '7050', bloodTest),
  row('117010004', 'Urine culture', '7050', urineTest),
  row('167271000', 'Urine protein test', '7050', urineTest),
  row('268556000', 'Urine screening for glucose', '7050', urineTest),
  row('395123002', 'Urine screening test for diabetes', '7050', urineTest),
  row('713106006', 'Screening for drug abuse (procedure)', '7050', urineTest),
  row('165829005', 'Gonorrhea infection test', '7050', swabTest),
  row('310861008', 'Chlamydia antigen test', '7050', swabTest),
  row('171207006', 'Depression screening (procedure)', '7050'),
  row('454711000124102', 'Depression screening using Patient Health Questionnaire Two-Item score (procedure)', '7050'),
  row('715252007', 'Depression screening using Patient Health Questionnaire Nine Item score (procedure)', '7050'),
  row('710841007', 'Assessment of anxiety (procedure)', '7050'),
  row('710824005', 'Assessment of health and social care needs (procedure)', '7050'),
  row('762993000', 'Assessment using Morse Fall Scale (procedure)', '7050'),
  row('763302001', 'Assessment using Alcohol Use Disorders Identification Test - Consumption (procedure)', '7050'),
  row('868187001', 'Assessment using Car  Relax  Alone  Forget  Friends  Trouble Screening Test (procedure)', '7050'),
  row('866148006', 'Screening for domestic abuse (procedure)', '7050'),
  row('428211000124100', 'Assessment of substance use (procedure)', '7050'),
  row('386516004', 'Anticipatory guidance (procedure)', '7050'),
  row('430193006', 'Medication Reconciliation (procedure)', '7050'),
  row('428191000124101', 'Documentation of current medications', '7050'),
];

/** Vaccines come as immunizations, not procedures; the code is CVX. */
export const immunizationSupplies: readonly ProcedureSupplies[] = [
  row('140', 'Influenza  seasonal  injectable  preservative free', '7050', { 'PHA-4001': 1, 'CON-3002': 2, 'CON-3006': 1 }),
  row('113', 'Td (adult) preservative free', '7050', { 'PHA-4002': 1, 'CON-3002': 2, 'CON-3006': 1 }),
  row('62', 'HPV  quadrivalent', '7050', { 'PHA-4003': 1, ...injection }),
];
