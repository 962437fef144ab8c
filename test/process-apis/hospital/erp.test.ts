import { before } from 'node:test';
import { employeeSuite } from '../../system-apis/erp/conformance/employees.ts';
import type { ErpFixture } from '../../system-apis/erp/conformance/fixture.ts';
import { openSession, type ErpSession } from '../../system-apis/erp/conformance/harness.ts';
import { newBooks } from './erp-books.ts';
import { fakeErp } from './erp.ts';

let session: ErpSession;
before(async () => {
  const fixture = { facility: 'MAIN', otherFacility: 'EAST', openCostCenter: '7010', otherCostCenter: '7020', closedCostCenter: '7999' } as ErpFixture;
  session = await openSession({ port: { ...fakeErp(newBooks()), close: () => Promise.resolve() }, fixture, tearDown: () => Promise.resolve() });
});

employeeSuite(() => session);
