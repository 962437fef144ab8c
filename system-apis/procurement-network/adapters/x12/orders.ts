import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { OrderDispatch } from '#contracts/generated/system/procurement-network/v1.ts';
import { parseInterchange, X12Error } from '#formats/x12/index.ts';
import type { Channel, Sending } from '../../port.ts';
import type { NetworkClient } from './client.ts';
import { printOrder, type OrderPurpose } from './print-order.ts';
import type { X12Settings } from './settings.ts';
import { verdictOn, verdictsOf, type Verdict } from './verdicts.ts';

/** Orders as 850s. A repeat is the very same interchange, which partners answer as a duplicate when they have it. */
export function x12Orders(client: NetworkClient, settings: X12Settings, clock: Clock): Pick<Channel, 'sendOrder' | 'reviseOrder' | 'withdrawOrder'> {
  async function send(order: OrderDispatch, purpose: OrderPurpose, sending: Sending): Promise<void> {
    const partner = Object.hasOwn(settings.suppliers, order.supplierNumber) ? settings.suppliers[order.supplierNumber] : undefined;
    if (!partner) throw new ApiError('refused', 'No interchange address of the supplier is configured.', { code: 'supplier-not-on-network' });
    const message = await sending.message((number) => printOrder(order, purpose, { settings, partner, number, at: clock.now() }));
    if (message.acknowledged) return;
    const answer = await client.post(partner.mailbox ?? `/edi/${encodeURIComponent(order.supplierNumber)}`, message.text);
    const verdict = verdictOn(message.number, readAnswer(answer));
    if (!verdict) throw new ApiError('unavailable', 'The partner has not acknowledged the interchange yet.', { code: 'not-acknowledged' });
    await sending.answered(verdict.accepted, verdict.text);
    if (!verdict.accepted) throw new ApiError('refused', `The partner rejects the interchange: ${verdict.text}.`, { code: 'interchange-rejected' });
  }

  return {
    sendOrder: (order, sending) => send(order, 'original', sending),
    reviseOrder: (order, sending) => send(order, 'replacement', sending),
    withdrawOrder: (order, sending) => send(order, 'cancellation', sending),
  };
}

function readAnswer(text: string): Verdict[] {
  if (text.trim() === '') return [];
  try {
    return verdictsOf(parseInterchange(text));
  } catch (error) {
    if (!(error instanceof X12Error)) throw error;
    throw new ApiError('upstream-broken', `The value-added network's acknowledgement cannot be read: ${error.message}.`, { code: 'vendor-answer-invalid', cause: error });
  }
}
