import assert from 'node:assert/strict';
import { compileContract, type Contract } from '#chassis/contract/contract.ts';
import { ehr as contract } from '#contracts/generated/system/ehr/v1.ts';
import { clinicalUsersConformance } from '../../system-apis/ehr/clinical-users-conformance.ts';
import { fakeEhr, newEhrBooks } from './ehr.ts';

clinicalUsersConformance('the record in memory', async () => {
  const books = newEhrBooks();
  books.unknownDepartments.add('MAIN/NOWHERE');
  const fake = fakeEhr(books);
  const { operations } = compileContract(contract as Contract);
  return {
    async call(name, input) {
      const answer = await (fake[name] as (input: unknown, call: unknown) => Promise<never>)(input, { repeated: false });
      assert.deepEqual(operations.get(name)!.checkAnswer?.(answer) ?? [], []);
      return answer;
    },
    leave: () => Promise.resolve(),
  };
});
