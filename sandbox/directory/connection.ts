import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { TLSSocket, type SecureContextOptions } from 'node:tls';
import type { Faults } from '../faults.ts';
import { perform, START_TLS, type Place, type Session } from './operations.ts';
import { LdapRefusal, RESULT } from './result.ts';
import { ANSWER, printAnswer, printEntry, readMessage, takeMessages, type Answer, type Asked } from './wire.ts';

export interface Site extends Place {
  faults: Faults;
  tls: SecureContextOptions | undefined;
}

/** Tells the client why the connection ends. @source RFC 4511 section 4.4.1 */
const NOTICE_OF_DISCONNECTION = '1.3.6.1.4.1.1466.20036';

/** One client from its first byte to its last, one request after the other. */
export function serveConnection(site: Site, socket: Socket): void {
  // A simulated outage meets who connects, too.
  if (site.faults.mode.kind === 'down' && site.faults.judge('CONNECT').act === 'cut') return void socket.destroy();
  listen(site, socket, { who: '', list: undefined });
}

function listen(site: Site, socket: Socket, session: Session): void {
  let received = Buffer.alloc(0);
  let turn = Promise.resolve();
  socket.on('error', () => socket.destroy());
  const onData = (chunk: Buffer) => {
    try {
      const { messages, rest } = takeMessages(Buffer.concat([received, chunk]));
      received = Buffer.from(rest);
      for (const asked of messages.map(readMessage)) {
        if (asked.kind === 'extended' && asked.request.oid === START_TLS && site.tls) socket.off('data', onData);
        turn = turn.then(() => serve(site, socket, session, asked)).catch(() => void socket.destroy());
      }
    } catch {
      // What is no LDAP ends the connection, whatever it was.
      socket.end(printAnswer(0, ANSWER.extended, { result: RESULT.protocolError, oid: NOTICE_OF_DISCONNECTION }));
    }
  };
  socket.on('data', onData);
}

async function serve(site: Site, socket: Socket, session: Session, asked: Asked): Promise<void> {
  if (socket.destroyed) return;
  if (asked.kind === 'unbind') return void socket.end();
  if (asked.kind === 'abandon') return;
  const verdict = site.faults.judge(asked.kind.toUpperCase(), dnOf(asked));
  if (verdict.act === 'delay') await wait(verdict.delayMs, undefined, { ref: false });
  if (verdict.act === 'cut') return void socket.destroy();
  const out: Buffer[] = [];
  const answer = verdict.act === 'refuse'
    ? { result: verdict.status === 429 ? RESULT.busy : RESULT.unavailable }
    : await performed(site, session, asked, (entry) => out.push(printEntry(asked.id, entry.dn, entry.attributes)));
  if (verdict.act === 'loseAnswer') return void socket.destroy();
  socket.write(Buffer.concat([...out, printAnswer(asked.id, ANSWER[asked.kind], answer)]));
  if (answer.oid !== START_TLS || !site.tls) return;
  const secure = new TLSSocket(socket, { isServer: true, ...site.tls });
  socket.once('close', () => secure.destroy());
  listen(site, secure, session);
}

async function performed(...[site, session, asked, send]: Parameters<typeof perform>): Promise<Answer> {
  try {
    return await perform(site, session, asked, send);
  } catch (error) {
    if (error instanceof LdapRefusal) return { result: error.result, message: error.message };
    throw error;
  }
}

function dnOf(asked: Asked): string {
  switch (asked.kind) {
    case 'delete': return asked.dn;
    case 'search': return asked.request.base;
    case 'bind': case 'add': case 'modify': case 'rename': case 'compare': return asked.request.dn;
    default: return '';
  }
}
