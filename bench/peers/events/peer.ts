import pg from 'pg';

/** Facts published to groups of consumers in somebody's own way; whoever hears one writes one row. */
export interface EventsPeer {
  /** Publishes facts 0 to `count`, `batch` of them in one go, so many publishers at once. */
  publish(count: number, way: { batch: number; atOnce: number }): Promise<void>;
  /** Lets the groups hear what was published and what will be; `heard` is called as a handler begins. */
  subscribe(heard: (group: number, fact: Fact) => void): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
}

export interface Fact {
  n: number;
  /** Microseconds by a clock that all processes of a machine share. */
  publishedAt: number;
  text: string;
}

export interface EventsPeerOptions {
  /** Of a database in which the rows are written, to table `handled`. */
  url: string;
  /** Of a broker of the benchmark's own, for those who need one. */
  brokerUrl: string;
  groups: number;
  /** Business keys over which the facts are spread. */
  keys: number;
}

export type OpenEventsPeer = (options: EventsPeerOptions) => Promise<EventsPeer>;

/** Handlers at once, where that can be said, and connections to the database. */
export const HANDS = 24;
export const CONNECTIONS = 40;

export const HANDLED = 'create table if not exists handled (consumer text not null, n int not null)';
export const HANDLE = 'insert into handled (consumer, n) values ($1, $2)';

export function factOf(n: number): Fact {
  return { n, publishedAt: nowMicros(), text: 'Two boxes of gloves were taken from the shelf of the operating room.' };
}

export function keyOf(n: number, keys: number): string {
  return `key-${n % keys}`;
}

export function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Calls `publish` with the numbers of each batch, by several at once. */
export async function inBatches(count: number, { batch, atOnce }: { batch: number; atOnce: number }, publish: (numbers: number[]) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) {
      const first = next;
      next = Math.min(count, first + batch);
      await publish(Array.from({ length: next - first }, (_, at) => first + at));
    }
  }));
}

/** Those without a database of their own write their rows through it. */
export function rowsIn(url: string): { write(group: number, n: number): Promise<void>; close(): Promise<void> } {
  const pool = new pg.Pool({ connectionString: url, max: HANDS });
  return {
    async write(group, n) { await pool.query({ name: 'handle', text: HANDLE, values: [`group-${group}`, n] }); },
    close: () => pool.end(),
  };
}
