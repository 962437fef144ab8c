import pg from 'pg';
import { createClinician, type Clinician } from '../ehr/clinician.ts';
import { startHl7Feed } from '../ehr/hl7-feed.ts';
import { signIn } from '../identity/sign-in.ts';
import type { PartnerPortal } from '../network/suppliers/partner-portal.ts';
import { demoAccounts, type Role } from '../identity/accounts.ts';
import { patiently } from './patience.ts';
import type { Knowledge } from './choices.ts';
import type { DayPlan } from './plan.ts';
import { createPortal, type Portal } from './portal.ts';
import type { PlannedRequisition } from './requisition-plan.ts';
import { lookAtBooks, untilQuiet, type Rest } from './quiescence.ts';
import { openSentList } from './sent-list.ts';
import { decide } from './staff/deciders.ts';
import { receive } from './staff/dock.ts';
import type { Floor } from './staff/floor.ts';
import { record } from './staff/bedside.ts';
import { send } from './staff/messages.ts';
import { ask, lookAtApprovals } from './staff/requesters.ts';

/** The doors through which the day reaches the platform and the hospital's own systems. */
export interface Doors {
  /** The portal's graph. */
  graphUrl: string;
  issuer: string;
  redirectUri: string;
  passwordOf(username: string): string;
  fhirUrl: string;
  tokenUrl: string;
  bedsideSecret: string;
  networkUrl: string;
  /** A supplier's own program at the partner API. */
  partnerPortal(supplierNumber: string): PartnerPortal;
  /** A person at the ERP's own screens. */
  atErp(method: 'PATCH' | 'POST', resource: string, body: object): Promise<void>;
  mllp: { host: string; port: number };
  /** Database of the simulated systems. */
  databaseUrl: string;
}

export interface LiveOptions {
  plan: DayPlan;
  doors: Doors;
  /** A platform of this day's own, with short limits, on which nobody has asked for anything before: who must approve can be foretold. */
  isFresh: boolean;
  stillMs: number;
  limitMs: number;
  /** Runs beside the day and must end before it does. */
  trouble?: (signal: AbortSignal) => Promise<void>;
  /** More work beside the plan: it must end before the day does. */
  beside?: (hands: Hands) => Promise<void>;
  /** Who decides otherwise than by the plan, and hears what was decided. */
  knowledge?: Pick<Knowledge, 'choose' | 'decided'>;
  /** How long a person goes on clicking when the page fails. */
  patienceMs?: number;
  /** Over how long work is spread; everything at once when absent. */
  spreadMs?: number;
  say(line: string): void;
  signal: AbortSignal;
}

/** What somebody needs who gives more work than is planned. */
export interface Hands {
  floor: Floor;
  /** As the floor knows them; what is added here is known to everybody who decides. */
  requisitions: Map<string, PlannedRequisition>;
  clinician: Clinician;
  /** The books of the simulated systems. */
  database: pg.Pool;
  signal: AbortSignal;
}

export interface Lived extends Rest {
  seconds: number;
  /** Clicks that had to be repeated, by reason. */
  clicksAgain: Record<string, number>;
}

const DECIDING: readonly Role[] = ['department-manager', 'department-director', 'chief-financial-officer', 'approval-delegate', 'accounts-payable-manager'];
const WORKING: readonly Role[] = ['department-manager', 'department-director', 'chief-financial-officer', 'buyer', 'accounts-payable-clerk', 'accounts-payable-manager', 'supply-chain-analyst', 'dock-clerk', 'integration-operations'];

const PATIENCE_MS = 120_000;
const DELEGATE = `mutation Delegate($from: DateTime!, $until: DateTime!) { delegateApprovals(to: "tomas.novak", from: $from, until: $until) { id } }`;

/** Lives a day: everybody works at once, and when nothing moves any more the books are read. */
export async function live({ plan, doors, isFresh, stillMs, limitMs, trouble, beside, knowledge, patienceMs = PATIENCE_MS, spreadMs, say, signal }: LiveOptions): Promise<Lived> {
  const over = new AbortController();
  const stop = () => over.abort();
  signal.addEventListener('abort', stop, { once: true });
  const sent = await openSentList(doors.databaseUrl);
  const database = new pg.Pool({ connectionString: doors.databaseUrl, max: 2 });
  // One that is lost while nobody uses it is replaced on the next query; without a listener it would end the process.
  database.on('error', () => undefined);
  const feed = await startHl7Feed({ databaseUrl: doors.databaseUrl, ...doors.mllp, retryAfterMs: 200 });
  const clicksAgain: Record<string, number> = {};
  const portals = new Map<string, Portal>();
  const portalOf = (username: string) => {
    const portal = portals.get(username) ?? portalFor(username, doors, patienceMs, over.signal, (reason) => { clicksAgain[reason] = (clicksAgain[reason] ?? 0) + 1; });
    portals.set(username, portal);
    return portal;
  };
  const requisitions = new Map(plan.requisitions.map((each) => [each.reference, each]));
  const clinician = createClinician({ ...doors, clientId: 'bedside', secret: doors.bedsideSecret, mostAttempts: 400 });
  const floor: Floor = {
    knowledge: { seed: plan.seed, requisitions, mayStaySilent: isFresh, ...knowledge },
    sent, signal: over.signal, portalOf, dockUrl: doors.networkUrl, today: new Date().toISOString().slice(0, 10), say, spreadMs: spreadMs ?? 0,
  };
  try {
    const began = performance.now();
    const now = Date.now();
    await portalOf('maya.cohen').ask(DELEGATE, { from: new Date(now - 60_000).toISOString(), until: new Date(now + 86_400_000).toISOString() });
    const rounds = startRounds(floor);
    let allSent = false;
    const sending = Promise.all([
      ask(floor, plan.requisitions),
      record(floor, clinician, plan.happenings),
      send(floor, feed, plan.hl7),
      trouble?.(over.signal),
      beside?.({ floor, requisitions, clinician, database, signal: over.signal }),
    ]).then(() => sent.written()).then(() => { allSent = true; });
    const rest = await Promise.race([
      untilQuiet({ database, buyer: portalOf('ben.turner'), analyst: portalOf('sofia.weber'), isAllSent: () => allSent, stillMs, limitMs, say, signal: over.signal }),
      // Never wins unless somebody could not do their part.
      sending.then(() => new Promise<never>(() => undefined)),
    ]);
    const seconds = (performance.now() - began) / 1000;
    const verdict = await finalLook(floor, rest, database, isFresh);
    over.abort();
    await rounds;
    return { ...verdict, seconds, clicksAgain };
  } finally {
    signal.removeEventListener('abort', stop);
    over.abort();
    await feed.close();
    await sent.close();
    await database.end();
  }
}

/** Everybody who waits for work, each at their own page. */
async function startRounds(floor: Floor): Promise<void> {
  const has = (roles: readonly Role[]) => demoAccounts.filter((account) => account.roles.some((role) => roles.includes(role)));
  await Promise.all([
    ...has(DECIDING).map(({ username }) => decide(floor, username, 'approvals')),
    ...has(WORKING).map(({ username }) => decide(floor, username, 'work')),
    ...has(['dock-clerk']).flatMap(({ username, facilities }) => facilities.map((facility) => receive(floor, username, facility))),
  ]);
}

/** How the requests were approved shows only at the end; the verdict is given once more with it. */
async function finalLook(floor: Floor, rest: Rest, database: pg.Pool, isFresh: boolean): Promise<Rest> {
  const asked = rest.sent.requisitions.flatMap(({ reference, requester, answer }) => answer?.answer === 'accepted' ? [{ reference, requester, number: answer.number }] : []);
  if (isFresh) await lookAtApprovals(floor, asked);
  await floor.sent.written();
  return patiently(floor.signal, () => lookAtBooks(database, rest.sent.waiting));
}

function portalFor(username: string, doors: Doors, patienceMs: number, signal: AbortSignal, failed: (reason: string) => void): Portal {
  return createPortal({
    username, url: doors.graphUrl, patienceMs, signal, failed,
    signIn: async () => (await signIn({
      issuer: doors.issuer, clientId: 'portal', redirectUri: doors.redirectUri, username, password: doors.passwordOf(username), scope: 'openid portal',
    })).accessToken,
  });
}
