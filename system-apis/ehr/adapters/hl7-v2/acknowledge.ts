import { buildAcknowledgment, encodeMessage, frame, Hl7Error } from '#formats/hl7v2/index.ts';
import type { TakenMessage } from '../../port.ts';
import type { Examined } from './examine.ts';

const CONTRADICTION = new Hl7Error('205', 'An accepted message has this control id and another content', { segment: 'MSH', sequence: 1, field: 10 });

/**
 * The answer to a message that is on disk, in a block. Time and control id follow from what is stored, so that a repeat
 * is answered by the same bytes. It is always in original mode: whoever sends over MLLP waits for one answer to each.
 */
export function acknowledgement({ errors, received, judgement }: Examined, taken: TakenMessage): Buffer {
  const request = {
    code: taken.acknowledgement,
    controlId: taken.messageId.replaceAll('-', '').slice(0, 20),
    at: taken.receivedAt,
    errors: taken.acknowledgement === 'AA' ? [] : taken.as === 'contradicts' ? [CONTRADICTION] : errors,
  };
  const text = buildAcknowledgment({ ...request, received });
  if (!/[\v\u001c]/.test(text)) return frame(encode(text));
  // A header with block characters in it cannot be copied into a block.
  return frame(encode(buildAcknowledgment({ ...request, received: `MSH|^~\\&|||||||ACK|${judgement.controlId ?? ''}|P|2.5.1` })));
}

/** In the character set that the header promises, as far as we write it. */
function encode(text: string): Buffer {
  const declared = text.slice(0, text.indexOf('\r')).split(text.charAt(3))[17] ?? '';
  for (const characterSet of ['ASCII', declared]) {
    try {
      return encodeMessage(text, characterSet);
    } catch (error) {
      if (!(error instanceof Hl7Error)) throw error;
    }
  }
  return Buffer.from(text, 'utf8');
}
