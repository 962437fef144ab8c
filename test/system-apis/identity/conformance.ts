import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';

import type { Closable } from '#chassis/adapters/adapter.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import type { AccountToHold } from '#contracts/generated/system/identity/v1.ts';
import type { Directory, DirectoryAccount } from '../../../system-apis/identity/port.ts';

/** A directory with the groups of `RIGHTS` and nobody in it yet. */
export interface DirectoryUnderTest {
  port: Directory & Closable;
  /** The same directory with a wrong secret of the integration account, and that secret. */
  misconfigured: { port: Directory & Closable; secret: string };
  endsSessions: boolean;
  /** Another value after each change of anything, and after nothing else. */
  state(): Promise<string>;
  /** Of two groups that one person left and entered, whether the directory saw the leaving first. */
  wasLeftFirst(left: string, entered: string): Promise<boolean>;
  /** Names of a person as the directory keeps them: one for each account. */
  namesOf(personId: string): Promise<{ given: string; family: string }[]>;
  /** Accounts that somebody else made: `count` of persons BULK-1 and so on, and one that is nobody's. */
  plant(count: number): Promise<void>;
  trouble: {
    /** The next change is made, and its answer lost. */
    loseNextAnswer(): void;
    /** The connection breaks instead of the next change. */
    dropNextWrite(): void;
    setDown(isDown: boolean): void;
  };
  tearDown(): Promise<void>;
}

export const RIGHTS = ['Staff', 'Nurses', 'Cath lab: read/write', 'Zone_1', 'on-call'] as const;
const [STAFF, NURSES, CATH_LAB] = RIGHTS;
let count = 0;

/** What every directory does, whatever its protocol. */
export function directoryConformance(name: string, setUp: () => Promise<DirectoryUnderTest>): void {
  describe(`${name} keeps the contract of a directory`, () => {
    let its: DirectoryUnderTest;

    before(async () => { its = await setUp(); });
    afterEach(() => its?.trouble.setDown(false));
    after(async () => {
      await its?.port.close();
      await its?.misconfigured.port.close();
      await its?.tearDown();
    });

    const newPerson = () => `P-${++count}`;
    const wanted = (change: Partial<AccountToHold> = {}): AccountToHold => ({ status: 'active', rights: [], endSessions: false, ...change });
    const named = (given: string, family: string, change: Partial<AccountToHold> = {}) => wanted({ name: { given, family }, ...change });
    const hold = async (personId: string, body: AccountToHold) => (await its.port.hold(personId, body)).account;
    /** A stranger of this suite's own, so that no two tests meet. */
    async function somebody(rights: string[] = []): Promise<{ personId: string; account: DirectoryAccount }> {
      const personId = newPerson();
      const account = await hold(personId, named('Some', `Body ${personId}`, { rights }));
      return { personId, account: account ?? assert.fail('no account was made') };
    }
    async function changesNothing<T>(work: () => Promise<T>): Promise<T> {
      const before = await its.state();
      const result = await work();
      assert.equal(await its.state(), before);
      return result;
    }

    it('says what it can do, and why something is lacking', async () => {
      const capabilities = await its.port.capabilities();
      assert.deepEqual(capabilities.map((each) => each.name).toSorted(), ['accounts', 'rights', 'sessions']);
      for (const { name: lacking, supported, reason } of capabilities) assert.ok(supported || reason, `${lacking} is lacking for a reason`);
      assert.equal(capabilities.find((each) => each.name === 'sessions')?.supported, its.endsSessions);
    });

    it('lists its rights page by page', async () => {
      const first = await its.port.listRights(undefined, 3);
      const second = await its.port.listRights(first.next, 3);
      assert.deepEqual([...first.items, ...second.items].toSorted(), [...RIGHTS].toSorted());
      assert.deepEqual([first.items.length, second.next], [3, undefined]);
    });

    it('makes an account with the rights that were asked for, and answers what it then holds', async () => {
      const personId = newPerson();
      const account = await hold(personId, named('Jane', 'Doe', { rights: [NURSES, CATH_LAB], email: 'jane.doe@lakeside.example' }));
      assert.deepEqual({ ...account, accountId: '' }, { personId, accountId: '', userName: 'jane.doe', status: 'active', rights: [CATH_LAB, NURSES] });
      assert.ok(account!.accountId.length > 0);
      assert.deepEqual(await its.port.getAccount(personId), account);
    });

    it('prepares an account that nobody can use, and enables the very same later', async () => {
      const personId = newPerson();
      const prepared = await hold(personId, named('Ann', 'Early', { status: 'disabled' }));
      assert.deepEqual([prepared?.status, prepared?.rights], ['disabled', []]);
      const enabled = await hold(personId, wanted({ rights: [STAFF] }));
      assert.deepEqual(enabled, { ...prepared, status: 'active', rights: [STAFF] });
    });

    it('takes rights before it gives others', async () => {
      const { personId } = await somebody([STAFF, NURSES]);
      const account = await hold(personId, wanted({ rights: [STAFF, CATH_LAB] }));
      assert.deepEqual(account?.rights, [CATH_LAB, STAFF]);
      assert.ok(await its.wasLeftFirst(NURSES, CATH_LAB));
    });

    it('disables an account and leaves it no right', async () => {
      const { personId, account } = await somebody([STAFF, NURSES]);
      assert.deepEqual(await hold(personId, wanted({ status: 'disabled' })), { ...account, status: 'disabled', rights: [] });
    });

    it('changes nothing when it holds what is asked for already', async () => {
      const personId = newPerson();
      const body = named('Hal', 'Again', { rights: [STAFF, NURSES], email: 'hal@lakeside.example' });
      const account = await hold(personId, body);
      assert.deepEqual(await changesNothing(() => hold(personId, body)), account);
      await hold(personId, wanted({ status: 'disabled' }));
      await changesNothing(() => hold(personId, wanted({ status: 'disabled' })));
    });

    it('refuses a right that it does not know by its name, and changes nothing', async () => {
      const { personId } = await somebody([STAFF]);
      for (const right of ['Astronauts', 'nurses', '*', 'Staff)(cn=*', 'x" or displayName pr or displayName eq "x']) {
        const failure = await changesNothing(() => assert.rejects(its.port.hold(personId, wanted({ rights: [NURSES, right] })), (thrown) => {
          assert.ok(thrown instanceof ApiError);
          assert.deepEqual([thrown.kind, thrown.code, thrown.errors?.map(({ pointer }) => pointer)], ['refused', 'unknown-right', ['/rights/1']]);
          assert.ok(thrown.errors![0]!.detail.includes(right));
          return true;
        }));
        assert.equal(failure, undefined);
      }
    });

    it('makes no account for whom no name is given', async () => {
      const personId = newPerson();
      assert.equal(await changesNothing(() => hold(personId, wanted({ rights: [STAFF] }))), undefined);
      assert.equal(await its.port.getAccount(personId), undefined);
    });

    it('takes nobody for somebody else, however the id is written', async () => {
      await somebody();
      for (const id of ['*', 'P-*', 'P-1)(uid=*', '\\2a', 'x" or externalId pr or externalId eq "x']) assert.equal(await its.port.getAccount(id), undefined);
    });

    it('tells people of one name apart, also when both come at once', async () => {
      const first = await hold(newPerson(), named('John', 'Same'));
      const [second, third] = await Promise.all([newPerson(), newPerson()].map((personId) => hold(personId, named('John', 'Same'))));
      assert.equal(first?.userName, 'john.same');
      assert.deepEqual([second?.userName, third?.userName].toSorted(), ['john.same2', 'john.same3']);
    });

    it('makes one account for one person who is asked for several times at once', async () => {
      const personId = newPerson();
      const accounts = await Promise.all([1, 2, 3, 4].map(() => hold(personId, named('Only', 'One', { rights: [STAFF] }))));
      assert.deepEqual(new Set(accounts.map((each) => each?.accountId)).size, 1);
      assert.equal((await its.namesOf(personId)).length, 1);
      assert.deepEqual((await its.port.getAccount(personId))?.rights, [STAFF]);
    });

    it('keeps the user name when the person is called something else', async () => {
      const personId = newPerson();
      const account = await hold(personId, named('Mary', 'Maiden'));
      assert.deepEqual(await hold(personId, named('Mary', 'Married')), account);
      assert.deepEqual(await its.namesOf(personId), [{ given: 'Mary', family: 'Married' }]);
    });

    const names: Record<string, [given: string, family: string, userName: string]> = {
      'a comma': ['Sammy', 'Davis, Jr.', 'sammy.davis-jr'], 'a plus': ['Ann', 'One+One', 'ann.one-one'], 'quotes': ['"Bob"', "O'Neil", 'bob.o-neil'],
      'backslashes': ['C:\\', 'Back\\2ash', 'c.back-2ash'], 'angles': ['<b>', '</b>', 'b.b'], 'a semicolon': ['Semi;', 'colon;', 'semi.colon'], 'a hash in front': ['#1', '#Fan', '1.fan'],
      'a blank in front': ['Lead', ' Blank', 'lead.blank'], 'a star and parentheses': ['*)(uid=*', '(cn=*)', 'uid.cn'], 'umlauts': ['Jürgen', 'Müßig', 'jurgen.mussig'],
      'other marks': ['Łukasz', 'Žižek-Ørsted', 'lukasz.zizek-orsted'], 'an emoji': ['🩺 Doc', 'Tor', 'doc.tor'],
    };
    for (const [what, [given, family, userName]] of Object.entries(names)) {
      it(`takes ${what} in a name as it is`, async () => {
        const personId = newPerson();
        const account = await hold(personId, named(given, family, { rights: [STAFF] }));
        assert.deepEqual([account?.userName, account?.rights], [userName, [STAFF]]);
        assert.deepEqual(await its.namesOf(personId), [{ given, family }]);
        assert.deepEqual(await hold(personId, wanted()), { ...account, rights: [] });
      });
    }

    it('calls somebody by the id of whose name no letter can be typed everywhere', async () => {
      const personId = newPerson();
      assert.equal((await hold(personId, named('花子', '山田')))?.userName, personId.toLowerCase());
    });

    it('says whether sessions ended', async () => {
      const { personId } = await somebody();
      const { account, sessionsEnded = false } = await its.port.hold(personId, wanted({ status: 'disabled', endSessions: true }));
      assert.deepEqual([account?.status, sessionsEnded], ['disabled', its.endsSessions]);
    });

    it('lists every account that is somebody\'s exactly once', async () => {
      await its.plant(250);
      const seen: DirectoryAccount[] = [];
      let next: string | undefined;
      do {
        const page = await its.port.listAccounts(next, 40);
        assert.ok(page.items.length <= 40);
        seen.push(...page.items);
        next = page.next;
      } while (next !== undefined);
      const ids = seen.map(({ personId }) => personId);
      assert.equal(new Set(ids).size, ids.length);
      assert.equal(ids.filter((id) => id.startsWith('BULK-')).length, 250);
      assert.equal(ids.length, 250 + ids.filter((id) => id.startsWith('P-')).length);
      const one = seen.find(({ personId }) => personId.startsWith('P-'))!;
      assert.deepEqual(await its.port.getAccount(one.personId), one);
    });

    it('does not take a cursor that is none of its own', async () => {
      for (const cursor of ['q83vEjRWeJDerb7v', Buffer.from('["*)(uid=*"]').toString('base64url'), Buffer.from('["-1"]').toString('base64url'), Buffer.from('[]').toString('base64url')]) {
        await assert.rejects(its.port.listAccounts(cursor, 10), { kind: 'invalid-request' });
        await assert.rejects(its.port.listRights(cursor, 10), { kind: 'invalid-request' });
      }
    });

    for (const [what, strike] of [['an answer is lost after the change', 'loseNextAnswer'], ['the connection breaks before the change', 'dropNextWrite']] as const) {
      it(`holds what was asked for, once, when ${what}`, async () => {
        const personId = newPerson();
        its.trouble[strike]();
        const made = await untilAnswered(() => hold(personId, named('Lost', `Found ${personId}`, { rights: [STAFF] })));
        assert.deepEqual([made?.status, made?.rights], ['active', [STAFF]]);
        assert.equal((await its.namesOf(personId)).length, 1);
        its.trouble[strike]();
        assert.deepEqual((await untilAnswered(() => hold(personId, wanted({ status: 'disabled' }))))?.rights, []);
        assert.deepEqual(await its.port.getAccount(personId), { ...made, status: 'disabled', rights: [] });
      });
    }

    it('is unavailable while its directory is down, and there again with it', async () => {
      const { personId, account } = await somebody([STAFF]);
      its.trouble.setDown(true);
      await assert.rejects(its.port.getAccount(personId), { kind: 'unavailable' });
      await assert.rejects(hold(personId, wanted({ status: 'disabled' })), { kind: 'unavailable' });
      its.trouble.setDown(false);
      assert.deepEqual(await its.port.getAccount(personId), account);
    });

    it('says clearly that its own sign-on fails, without the secret', async () => {
      const { port, secret } = its.misconfigured;
      await assert.rejects(port.hold(newPerson(), named('Nobody', 'Atall')), (thrown) => {
        assert.ok(thrown instanceof ApiError);
        assert.deepEqual([thrown.kind, thrown.code], ['unavailable', 'vendor-sign-on-failed']);
        for (let at: unknown = thrown; at instanceof Error; at = at.cause) assert.ok(!`${at.message}${at.stack}${JSON.stringify(at)}`.includes(secret));
        return true;
      });
    });
  });
}

/** As a move does: what may pass is tried again. */
async function untilAnswered<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof ApiError && thrown.retryable) || attempt === 5) throw thrown;
    }
  }
}
