import type { Socket } from 'node:net';
import { asApiError } from '#chassis/errors/failures.ts';
import { describeError, type Log } from '#chassis/telemetry/logger.ts';
import { Hl7Error, MllpDecoder, type MllpEvent } from '#formats/hl7v2/index.ts';
import type { TakeMessage } from '../../port.ts';
import { acknowledgement } from './acknowledge.ts';
import { examine, refused, type Examined } from './examine.ts';
import type { MllpSettings } from './settings.ts';

export interface ConnectionDeps {
  settings: MllpSettings;
  take: TakeMessage;
  log: Log;
  /** Adds to the unfinished bytes of all connections; false when they are too many. */
  hold(bytes: number): boolean;
}

export interface Connection {
  /** Answers what was received in full, then closes. */
  finish(): Promise<void>;
}

const MOST_UNANSWERED = 32;
const MOST_UNREAD_ANSWERS = 256 * 1024;
/** Blocks in a row that break the protocol: this is no sender of messages. */
const MOST_VIOLATIONS = 10;
/** How much of an oversized message is passed over to reach its end, in messages of the largest size. */
const MOST_PASSED_OVER = 16;

/** For a sender to read its last answers when we stop. */
const FINISH_WITHIN_MS = 2_000;

const VIOLATIONS = {
  'no-start-block': 'The block has no start character',
  'no-end-block': 'The block has no end',
  'no-carriage-return': 'The end of the block is not followed by a carriage return',
  'too-large': 'The message is larger than allowed',
} as const;

/** One sender: its messages are stored and answered in the order in which they came. */
export function serveConnection(socket: Socket, { settings, take, log, hold }: ConnectionDeps): Connection {
  const decoder = new MllpDecoder({ maxFrameBytes: settings.maxMessageBytes });
  let unanswered = 0;
  let unansweredBytes = 0;
  let unfinishedBytes = 0;
  let passedOver = 0;
  let violations = 0;
  let deadline: NodeJS.Timeout | undefined;
  let isFinishing = false;
  let hasEnded = false;
  let allAnswered: (() => void) | undefined;

  function onData(chunk: Buffer): void {
    passedOver += chunk.length;
    const events = decoder.feed(chunk);
    if (events.length > 0) passedOver = 0;
    events.forEach(handle);
    watchTime(events.length > 0);
    const isHeld = keepCount(events.length === 0 ? unfinishedBytes + chunk.length : decoder.isInsideFrame ? chunk.length : 0);
    if (!isHeld || violations > MOST_VIOLATIONS || passedOver > MOST_PASSED_OVER * settings.maxMessageBytes) closeAt('a limit was passed');
  }

  function handle(event: MllpEvent): void {
    if (event.kind === 'frame') {
      violations = 0;
      answerOnceStored(event.payload, examine(event.payload, settings));
      return;
    }
    violations += 1;
    if (event.head.length === 0) return;
    const code = event.violation === 'too-large' ? '207' : '199';
    const examined = refused(event.head.toString('latin1'), [new Hl7Error(code, VIOLATIONS[event.violation])], settings);
    answerOnceStored(event.head, { ...examined, judgement: { ...examined.judgement, acknowledgement: 'AR' } });
  }

  function answerOnceStored(bytes: Buffer, examined: Examined): void {
    unanswered += 1;
    unansweredBytes += bytes.length;
    take({ bytes, judgement: examined.judgement }).then(
      (taken) => { if (!examined.isAnswer) answer(acknowledgement(examined, taken)); },
      (error: unknown) => {
        // Unanswered, the sender keeps it and sends it again; any answer could make it forget the message.
        log[asApiError(error).retryable ? 'warn' : 'error']('message could not be stored, connection closed', describeError(error));
        socket.destroy();
      },
    ).finally(() => {
      unanswered -= 1;
      unansweredBytes -= bytes.length;
      regulate();
      if (unanswered === 0) onAllAnswered();
    }).catch((error: unknown) => {
      log.error('answer could not be sent, connection closed', describeError(error));
      socket.destroy();
    });
    regulate();
  }

  function answer(block: Buffer): void {
    if (!socket.writable) return;
    socket.write(block);
    if (socket.writableLength > MOST_UNREAD_ANSWERS) closeAt('the answers are not read');
  }

  function regulate(): void {
    const isFull = unanswered >= MOST_UNANSWERED || unansweredBytes >= settings.maxMessageBytes;
    if (isFull || isFinishing) socket.pause();
    else if (!hasEnded && socket.isPaused()) socket.resume();
  }

  /** The time for one message runs from its first byte, whatever trickles in afterwards. */
  function watchTime(isNewMessage: boolean): void {
    if (isNewMessage || !decoder.isInsideFrame) {
      clearTimeout(deadline);
      deadline = undefined;
    }
    if (decoder.isInsideFrame) deadline ??= setTimeout(() => closeAt('a message did not end in time'), settings.messageMs);
  }

  /** At least what the decoder holds; it never holds more than one message. */
  function keepCount(bytes: number): boolean {
    const counted = Math.min(bytes, settings.maxMessageBytes);
    const isHeld = hold(counted - unfinishedBytes);
    unfinishedBytes = counted;
    return isHeld;
  }

  function closeAt(reason: string): void {
    log.warn('connection of a sender closed', { reason });
    socket.destroy();
  }

  function onAllAnswered(): void {
    if (hasEnded || isFinishing) socket.end();
    allAnswered?.();
  }

  /** Half a message is kept too: somebody may have to find out what its sender lost. */
  function endDecoding(): void {
    if (hasEnded) return;
    hasEnded = true;
    if (!isFinishing) decoder.end().forEach(handle);
  }

  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  socket.setTimeout(settings.idleMs, () => closeAt('nothing happened on it'));
  socket.on('data', onData);
  socket.on('end', () => {
    endDecoding();
    if (unanswered === 0) socket.end();
  });
  socket.on('error', (error) => log.debug('connection of a sender failed', describeError(error)));
  socket.on('close', () => {
    clearTimeout(deadline);
    endDecoding();
    keepCount(0);
  });

  return {
    async finish() {
      isFinishing = true;
      socket.pause();
      if (unanswered > 0) await new Promise<void>((resolve) => { allAnswered = resolve; });
      const grace = setTimeout(() => socket.destroy(), FINISH_WITHIN_MS);
      socket.on('close', () => clearTimeout(grace));
      socket.destroySoon();
    },
  };
}
