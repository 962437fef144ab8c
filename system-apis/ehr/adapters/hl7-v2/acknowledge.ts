import { buildAcknowledgment, encodeMessage, frame, Hl7Error } from '#formats/hl7v2/index.ts';
import type { TakenMessage } from '../../port.ts';
import type { Examined } from './examine.ts';

const CONTRADICTION = new Hl7Error('205', 'An accepted message has this control id and another content', { segment: 'MSH', sequence: 1, field: 10 });

/**
 * The answer to a message that is on disk, in a block. Time and control id follow from what is stored, so that a repeat
 * is answered by the same bytes. It is always in original mode: whoever sends over MLLP waits for one answer to each.
 */
export function acknowledgement({ errors, received }: Examined, taken: TakenMessage): Buffer {
  const text = buildAcknowledgment({
    received,
    code: taken.acknowledgement,
    controlId: taken.messageId.replaceAll('-', '').slice(0, 20),
    at: taken.receivedAt,
    errors: taken.acknowledgement === 'AA' ? [] : taken.as === 'contradicts' ? [CONTRADICTION] : errors,
  });
  return frame(errors.some(isAboutCharacterSet) ? Buffer.from(withoutCharacterSet(text), 'utf8') : encode(text));
}

/** In the character set that the header promises, as far as we write it. */
function encode(text: string): Buffer {
  const declared = headerOf(text)[17] ?? '';
  for (const characterSet of ['ASCII', declared]) {
    try {
      return encodeMessage(text, characterSet);
    } catch (error) {
      if (!(error instanceof Hl7Error)) throw error;
    }
  }
  return Buffer.from(withoutCharacterSet(text), 'utf8');
}

function isAboutCharacterSet({ location }: Hl7Error): boolean {
  return location?.segment === 'MSH' && location.field === 18;
}

/** What the sender declared is copied from its header, and must not be promised when it is not kept. */
function withoutCharacterSet(text: string): string {
  const rest = text.slice(text.indexOf('\r'));
  return headerOf(text).slice(0, 17).join(text.charAt(3)).replace(new RegExp(`\\${text.charAt(3)}+$`), '') + rest;
}

function headerOf(text: string): string[] {
  return text.slice(0, text.indexOf('\r')).split(text.charAt(3));
}
