import { request } from 'undici';
import { parseInterchange } from '#formats/x12/index.ts';
import type { Carrier } from '../suppliers/courier.ts';
import { readVerdicts } from './read-answer.ts';

/** Where suppliers' interchanges go. */
export interface VanConnection {
  /** The platform's inbound EDI address. */
  callbackUrl: string;
  /** What lets us in there, such as a bearer token; asked anew for every sending. */
  headers?: () => Promise<Record<string, string>> | Record<string, string>;
}

const ANSWER_TIMEOUT_MS = 10_000;

/** Posts an interchange to the platform and reads its TA1 and 999 from the answer. Anything else is no answer. */
export function vanCarrier({ callbackUrl, headers }: VanConnection): Carrier {
  return async ({ body, controlNumber }) => {
    const response = await request(callbackUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/edi-x12', ...(await headers?.()) },
      body,
      headersTimeout: ANSWER_TIMEOUT_MS,
      bodyTimeout: ANSWER_TIMEOUT_MS,
    });
    const text = await response.body.text();
    if (response.statusCode !== 200) return { outcome: 'retry', answer: `HTTP ${response.statusCode}` };
    if (text.trim() === '') return { outcome: 'retry', answer: 'HTTP 200 without acknowledgement' };
    const verdict = readVerdicts(parseInterchange(text)).findLast((each) => each.controlNumber === controlNumber);
    return verdict ?? { outcome: 'retry', answer: 'The answer is about another interchange' };
  };
}
