import type { Account, CostCenter } from '#contracts/generated/system/erp/v1.ts';
import type { Clock } from '#chassis/time/clock.ts';
import { Cache } from './cache.ts';
import type { FusionClient } from './client.ts';
import { printCombination } from './combination.ts';
import { refused } from './errors.ts';
import { facilitiesOfEntity } from './facilities.ts';
import { accountOf, costCenterOf, typeInWords } from './mapping/master-data.ts';
import { oneOf } from './query.ts';
import { brokenAnswer } from './record.ts';
import { Combination, Value, ValueSet } from './records.ts';
import type { FusionSettings } from './settings.ts';

export interface ChartOfAccounts {
  costCenters: ReadonlyMap<string, CostCenter>;
  accounts: ReadonlyMap<string, Account>;
  /** Account combinations as the vendor writes them. */
  combinations: ReadonlySet<string>;
}

export interface Charge {
  entity: string;
  costCenter?: string | undefined;
  account: string;
  /** Day on which it is charged. */
  on: string;
}

/** What is missing may have been set up a moment ago: look again when what we know is older than this. */
const DOUBTFUL_AFTER_MS = 1_000;

/** Cost centres, accounts and their combinations, which every charge is checked against. */
export class Chart {
  readonly #client: FusionClient;
  readonly #settings: FusionSettings;
  readonly #cache: Cache<ChartOfAccounts>;
  readonly #clock: Clock;
  #sets: Promise<Map<string, string>> | undefined;

  constructor(client: FusionClient, settings: FusionSettings, clock: Clock) {
    this.#client = client;
    this.#settings = settings;
    this.#clock = clock;
    this.#cache = new Cache({ clock, lifeMs: settings.cacheMs, entries: 1 });
  }

  read(atMostOld?: number): Promise<ChartOfAccounts> {
    return this.#cache.get('chart', () => this.#load(), atMostOld);
  }

  async account(code: string): Promise<Account | undefined> {
    return (await this.read()).accounts.get(code) ?? (await this.read(DOUBTFUL_AFTER_MS)).accounts.get(code);
  }

  async costCenter(code: string): Promise<CostCenter | undefined> {
    return (await this.read()).costCenters.get(code) ?? (await this.read(DOUBTFUL_AFTER_MS)).costCenters.get(code);
  }

  /** The combination to charge. Accounts of the balance sheet are charged without a cost centre. @throws refused */
  async combination({ entity, costCenter, account, on }: Charge): Promise<string> {
    await this.requireAccount(account);
    if (costCenter !== undefined) await this.requireOpen(costCenter, on);
    const { chart } = this.#settings;
    const candidates = [...(costCenter === undefined ? [] : [costCenter]), chart.noCostCenter].map((each) => printCombination(chart, { entity, costCenter: each, account }));
    const known = (combinations: ReadonlySet<string>) => candidates.find((each) => combinations.has(each));
    const found = known((await this.read()).combinations) ?? known((await this.read(DOUBTFUL_AFTER_MS)).combinations);
    if (found !== undefined) return found;
    if (costCenter === undefined) throw refused('cost-center-required', `The account ${account} is charged to cost centres only.`);
    throw refused('unknown-account-combination', `The cost centre ${costCenter} has no account ${account} in this facility.`);
  }

  async requireAccount(code: string): Promise<void> {
    if (!(await this.account(code))) throw refused('unknown-account', `The ledger has no account ${code}.`);
  }

  async requireOpen(code: string, on: string): Promise<void> {
    const costCenter = await this.costCenter(code);
    if (!costCenter) throw refused('unknown-cost-center', `The ledger has no cost centre ${code}.`);
    const { status, closedOn } = costCenter;
    if (closedOn === undefined ? status === 'closed' : closedOn < on) throw refused('cost-center-closed', `The cost centre ${code} is closed.`);
  }

  async #load(): Promise<ChartOfAccounts> {
    const { costCenterSet, accountSet } = this.#settings.chart;
    const [costCenters, accounts, combinations] = await Promise.all([
      this.#values(costCenterSet), this.#values(accountSet),
      this.#client.all(Combination, 'accountCombinationsLOV', { fields: 'AccountCombination,Entity,CostCenter,Account,AccountType' }),
    ]);
    const today = this.#clock.now().toISOString().slice(0, 10);
    const facilities = Map.groupBy(combinations, (each) => each.CostCenter);
    const types = new Map(combinations.map((each) => [each.Account, typeInWords(each.AccountType)]));
    return {
      costCenters: new Map(costCenters.map((value) => [value.Value, costCenterOf(value, facilitiesIn(this.#settings, facilities.get(value.Value)), today)])),
      accounts: new Map(accounts.map((value) => [value.Value, accountOf(value, types.get(value.Value))])),
      combinations: new Set(combinations.map((each) => each.AccountCombination)),
    };
  }

  async #values(set: string) {
    this.#sets ??= this.#readSets();
    const sets = await this.#sets.catch((error: unknown) => { this.#sets = undefined; throw error; });
    const id = sets.get(set);
    if (id === undefined) throw brokenAnswer(`there is no value set ${set}`);
    return this.#client.all(Value, `valueSets/${id}/child/values`, {});
  }

  async #readSets(): Promise<Map<string, string>> {
    const { costCenterSet, accountSet } = this.#settings.chart;
    const found = await this.#client.all(ValueSet, 'valueSets', { where: [oneOf('ValueSetCode', [costCenterSet, accountSet])] });
    return new Map(found.map((each) => [each.ValueSetCode, each.ValueSetId]));
  }
}

function facilitiesIn(settings: FusionSettings, combinations: readonly { Entity: string }[] = []): string[] {
  const entities = new Set(combinations.map((each) => each.Entity));
  return [...entities].flatMap((entity) => facilitiesOfEntity(settings, entity)).toSorted();
}
