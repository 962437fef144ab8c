import type { WireDeps } from '#chassis/adapters/adapter.ts';
import { ApiError } from '#chassis/errors/failures.ts';
import { createVendorHttp, type VendorAnswer, type VendorHttp } from '#chassis/http/vendor-http.ts';
import type { X12Settings } from './settings.ts';

/** Posts interchanges to partners' mailboxes at the value-added network. */
export class NetworkClient {
  readonly #http: VendorHttp;
  readonly #headers: Record<string, string>;

  constructor({ baseUrl, token, timeoutMs }: X12Settings, wire: WireDeps) {
    this.#http = createVendorHttp({ adapter: 'x12', baseUrl, timeoutMs, ...wire });
    this.#headers = { 'content-type': 'application/edi-x12', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  }

  /** @returns the body of the answer: the acknowledgement, where the network gives it at once */
  post(mailbox: string, interchange: string): Promise<string> {
    return this.#http.exchange({ method: 'POST', path: mailbox, headers: this.#headers, body: interchange }, answerOf);
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}

function answerOf({ status, text }: VendorAnswer): string {
  if (status >= 200 && status < 300) return text;
  if (status === 401 || status === 403) throw new ApiError('unavailable', `The value-added network does not let us in (${status}).`, { code: 'vendor-sign-on-failed' });
  if (status >= 500) throw new ApiError('unavailable', `The value-added network failed (${status}).`, { code: 'vendor-failed' });
  if (status === 404) throw new ApiError('refused', 'The value-added network has no such mailbox.', { code: 'unknown-mailbox' });
  throw new ApiError('refused', `The value-added network does not take the interchange (${status}).`, { code: 'interchange-refused' });
}
