import { connect, type Socket } from 'node:net';
import { decodeMessage, frame, MllpDecoder, parseMessage, readAcknowledgment, type Acknowledgment } from '#formats/hl7v2/index.ts';

/** A clinical system at the other end of the line. */
export interface Sender {
  readonly socket: Socket;
  /** Sends one message and waits for its answer. */
  send(message: string | Buffer): Promise<Acknowledgment>;
  write(bytes: string | Buffer): void;
  /** The next answer that has not been taken yet; fails when the line is closed first. */
  answer(): Promise<Acknowledgment>;
  /** The bytes of all answers so far. */
  answers(): string[];
  closed(): Promise<void>;
  close(): void;
}

export async function openSender(port: number): Promise<Sender> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const decoder = new MllpDecoder();
  const all: string[] = [];
  const ready: Acknowledgment[] = [];
  const waiting: { resolve(answer: Acknowledgment): void; reject(reason: Error): void }[] = [];
  socket.on('data', (chunk: Buffer) => {
    for (const event of decoder.feed(chunk)) {
      if (event.kind === 'violation') throw new Error(`the answer breaks MLLP: ${event.violation}`);
      const { text } = decodeMessage(event.payload);
      all.push(text);
      const acknowledgment = readAcknowledgment(parseMessage(text));
      const next = waiting.shift();
      if (next) next.resolve(acknowledgment);
      else ready.push(acknowledgment);
    }
  });
  const fail = () => { for (const each of waiting.splice(0)) each.reject(new Error('the line was closed before the answer')); };
  const closing = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', fail).on('close', fail).on('end', () => { fail(); socket.end(); });
  const answer = () => new Promise<Acknowledgment>((resolve, reject) => {
    const [first] = ready.splice(0, 1);
    if (first) resolve(first);
    else if (socket.destroyed || socket.readableEnded) reject(new Error('the line is closed'));
    else waiting.push({ resolve, reject });
  });
  return {
    socket, answer,
    write: (bytes) => { socket.write(bytes); },
    send: (message) => {
      socket.write(frame(message));
      return answer();
    },
    answers: () => all,
    closed: () => closing,
    close: () => { socket.destroy(); },
  };
}

let counted = 0;

/** An admission in few words. */
export function admission({ controlId = `C${counted += 1}`, visit = 'V1', family = 'Everyman', facility = 'NORTH', type = 'ADT^A01' } = {}): string {
  return [
    `MSH|^~\\&|REGISTRATION|${facility}|CALLOSUM|LAKESIDE|20261120083000||${type}|${controlId}|P|2.5.1`,
    'EVN|A01|20261120083000',
    `PID|1||100200^^^HOSP^MR||${family}^Adam||19700101|M`,
    `PV1|1|I|WARD^1^1||||||||||||||||${visit}`,
  ].join('\r') + '\r';
}
