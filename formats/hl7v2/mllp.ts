/** Start block <VT>, end block <FS>, then <CR>: MLLP release 1, block format. */
const START = 0x0b;
const END = 0x1c;
const RETURN = 0x0d;
const LINE_FEED = 0x0a;

/** How much of an unusable block is kept: enough to read its MSH and answer it. */
const KEPT_BYTES = 4096;

/**
 * - `no-start-block`: bytes outside a block; when they end like a block they are one whose start is missing
 * - `no-end-block`: a new block began, or the stream ended, before this one was complete
 * - `no-carriage-return`: the end block was not followed by CR, so it is not known whether the block is whole
 * - `too-large`: more bytes than allowed without an end
 */
export type MllpViolation = 'no-start-block' | 'no-end-block' | 'no-carriage-return' | 'too-large';

export type MllpEvent =
  | { readonly kind: 'frame'; readonly payload: Buffer }
  | {
    readonly kind: 'violation';
    readonly violation: MllpViolation;
    /** Bytes passed over. */
    readonly length: number;
    /** Their beginning, for a negative acknowledgment and for the record. */
    readonly head: Buffer;
  };

export interface MllpLimits {
  maxFrameBytes?: number;
}

type State = 'outside' | 'inside' | 'ending' | 'skipping' | 'skipping-end';

/**
 * Finds MLLP blocks in a stream of bytes cut anywhere. A block is handed out only when it was complete by the letter
 * of the protocol; whatever precedes it, the next good block is found. Memory stays below twice the largest frame.
 */
export class MllpDecoder {
  readonly #maxFrameBytes: number;
  #state: State = 'outside';
  #kept = Buffer.alloc(0);
  #length = 0;

  constructor(limits: MllpLimits = {}) {
    this.#maxFrameBytes = limits.maxFrameBytes ?? 16 * 1024 * 1024;
  }

  /** Whether a block has begun whose end has not come. */
  get isInsideFrame(): boolean {
    return this.#state === 'inside' || this.#state === 'ending';
  }

  feed(chunk: Uint8Array): MllpEvent[] {
    const events: MllpEvent[] = [];
    let from = 0;
    const keep = (to: number): void => {
      if (to > from) this.#keep(chunk.subarray(from, to));
      from = to;
    };
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      const awaitsReturn = this.#state === 'ending' || this.#state === 'skipping-end';
      if (byte !== START && byte !== END && !awaitsReturn) continue;
      keep(at);
      this.#reportSize(events);
      this.#take(byte, events);
      from = at + 1;
    }
    keep(chunk.length);
    this.#reportSize(events);
    return events;
  }

  /** The connection is closed: reports what was begun and never finished. */
  end(): MllpEvent[] {
    const events: MllpEvent[] = [];
    if (this.#state === 'inside') this.#report('no-end-block', events);
    else if (this.#state === 'ending') this.#report('no-carriage-return', events);
    else if (this.#state === 'outside') this.#reportGarbage(events);
    this.#reset('outside');
    return events;
  }

  /** One byte that means something in the present state. */
  #take(byte: number, events: MllpEvent[]): void {
    switch (this.#state) {
      case 'outside':
        if (byte === START) {
          this.#reportGarbage(events);
          this.#reset('inside');
        } else {
          // Telling now, not at the next block: the sender waits for an answer to the one it believes it sent.
          this.#report('no-start-block', events);
          this.#reset('skipping-end');
        }
        return;
      case 'inside':
        if (byte === START) {
          this.#report('no-end-block', events);
          this.#reset('inside');
        } else this.#state = 'ending';
        return;
      case 'ending':
        if (byte === RETURN) {
          events.push({ kind: 'frame', payload: this.#payload() });
          this.#reset('outside');
        } else {
          this.#report('no-carriage-return', events);
          this.#afterBrokenEnd(byte);
        }
        return;
      case 'skipping':
        if (byte === START) this.#reset('inside');
        else if (byte === END) this.#state = 'skipping-end';
        return;
      case 'skipping-end':
        if (byte === RETURN) this.#reset('outside');
        else this.#afterBrokenEnd(byte);
    }
  }

  #afterBrokenEnd(byte: number): void {
    this.#reset(byte === START ? 'inside' : byte === END ? 'skipping-end' : 'skipping');
  }

  #reportSize(events: MllpEvent[]): void {
    if (this.#length <= this.#maxFrameBytes) return;
    this.#report('too-large', events);
    this.#reset('skipping');
  }

  /** Line ends between blocks are common and harmless. */
  #reportGarbage(events: MllpEvent[]): void {
    const content = this.#payload().some((byte) => byte !== RETURN && byte !== LINE_FEED);
    if (content) this.#report('no-start-block', events);
  }

  #report(violation: MllpViolation, events: MllpEvent[]): void {
    const head = Buffer.from(this.#payload().subarray(0, KEPT_BYTES));
    events.push({ kind: 'violation', violation, length: this.#length, head });
  }

  #payload(): Buffer {
    return this.#kept.subarray(0, Math.min(this.#length, this.#kept.length));
  }

  #reset(state: State): void {
    this.#state = state;
    this.#kept = Buffer.alloc(0);
    this.#length = 0;
  }

  /**
   * Copies into one buffer that doubles: a list of the pieces would cost hundreds of bytes for each byte of a sender
   * that sends them one at a time.
   */
  #keep(bytes: Uint8Array): void {
    if (this.#state === 'skipping' || this.#state === 'skipping-end') return;
    const wanted = Math.min(bytes.length, this.#maxFrameBytes - this.#length);
    if (wanted > 0) {
      if (this.#length + wanted > this.#kept.length) {
        const size = Math.min(this.#maxFrameBytes, Math.max(this.#kept.length * 2, this.#length + wanted, 1024));
        const larger = Buffer.allocUnsafe(size);
        this.#kept.copy(larger, 0, 0, this.#length);
        this.#kept = larger;
      }
      this.#kept.set(bytes.subarray(0, wanted), this.#length);
    }
    this.#length += bytes.length;
  }
}

/**
 * Puts a message into a block.
 *
 * @param message text is sent as UTF-8; bytes as they are
 * @throws RangeError when the message contains a start or end block character, which would cut it in two
 */
export function frame(message: string | Uint8Array): Buffer {
  const bytes = typeof message === 'string' ? Buffer.from(message, 'utf8') : message;
  if (bytes.includes(START) || bytes.includes(END)) {
    throw new RangeError('The message contains an MLLP block character; escape it as \\X0B\\ or \\X1C\\');
  }
  return Buffer.concat([Buffer.of(START), bytes, Buffer.of(END, RETURN)]);
}
