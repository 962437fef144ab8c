import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { udiCarrier } from '../../../../../sandbox/ehr/day/resources.ts';
import { readGs1Label } from '../../../../../system-apis/ehr/adapters/fhir-r4/udi.ts';

const GTIN = '00844588018923';

describe('the label of a device in GS1 syntax', () => {
  const labels: [title: string, carrier: string, label: object | undefined][] = [
    ['with all parts', `(01)${GTIN}(17)280930(10)LOT7(21)SN42`, { deviceIdentifier: GTIN, expiresOn: '2028-09-30', lot: 'LOT7', serial: 'SN42' }],
    ['with its parts in another order', `(01)${GTIN}(21)SN42(10)LOT7(17)280930`, { deviceIdentifier: GTIN, expiresOn: '2028-09-30', lot: 'LOT7', serial: 'SN42' }],
    ['with the date of production, which is not its expiry', `(01)${GTIN}(11)240101(17)280930`, { deviceIdentifier: GTIN, expiresOn: '2028-09-30' }],
    ['that expires at the end of a month', `(01)${GTIN}(17)280200`, { deviceIdentifier: GTIN, expiresOn: '2028-02-29' }],
    ['with a date that does not exist', `(01)${GTIN}(17)281345(10)L`, { deviceIdentifier: GTIN, lot: 'L' }],
    ['with nothing but its identifier', `(01)${GTIN}`, { deviceIdentifier: GTIN }],
    ['with parentheses in its lot', `(01)${GTIN}(10)A(2)B(21)S(x)1`, { deviceIdentifier: GTIN, lot: 'A(2)B', serial: 'S(x)1' }],
    ['with a part that this platform does not know', `(01)${GTIN}(10)A1(8008)260101`, { deviceIdentifier: GTIN, lot: 'A1' }],
    ['with spaces between its parts', `(01) ${GTIN} (17) 280930 (10)LOT7`, { deviceIdentifier: GTIN, expiresOn: '2028-09-30', lot: 'LOT7' }],
    ['as a scanner gives it', `]d201${GTIN}1728093010LOT7\u001d21SN42`, { deviceIdentifier: GTIN, expiresOn: '2028-09-30', lot: 'LOT7', serial: 'SN42' }],
    ['as a scanner gives it, without its mark', `01${GTIN}21SN42\u001d17280930`, { deviceIdentifier: GTIN, expiresOn: '2028-09-30', serial: 'SN42' }],
    ['with an identifier that is too short', '(01)12345(10)LOT7', undefined],
    ['of HIBCC', '+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202C', undefined],
    ['of ICCBBA', '=/A9999XYZ100T0944=,000025=A99971312345600', undefined],
    ['that is empty', '', undefined],
  ];
  for (const [title, carrier, label] of labels) test(title, () => assert.deepEqual(readGs1Label(carrier, 2026), label));

  test('as the sandbox prints it', () => {
    assert.deepEqual(readGs1Label(udiCarrier(GTIN, { lot: 'N00001', serial: 'S1', expiresOn: '2027-01-31', origin: 'later-delivery' }), 2026),
      { deviceIdentifier: GTIN, expiresOn: '2027-01-31', lot: 'N00001', serial: 'S1' });
  });

  test('has years of the century that is nearest', () => {
    const years: [short: string, present: number, year: string][] = [['76', 2026, '2076'], ['77', 2026, '1977'], ['99', 2026, '1999'], ['00', 2026, '2000'], ['20', 2075, '2120'], ['49', 2099, '2149'], ['50', 2099, '2050']];
    for (const [short, present, year] of years) assert.equal(readGs1Label(`(01)${GTIN}(17)${short}0131`, present)?.expiresOn, `${year}-01-31`, `${short} in ${present}`);
  });
});
