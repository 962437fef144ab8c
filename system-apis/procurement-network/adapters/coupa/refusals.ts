import { Type } from '@sinclair/typebox';
import { schemaCompiler } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';

const checkErrors = schemaCompiler({})(Type.Object({ errors: Type.Record(Type.String(), Type.Array(Type.String())) }));

/** What Coupa says no to, by field. @source Coupa Compass, Exception Handling and Error Codes, read 2026-11-20 */
export class VendorRefusal extends Error {
  readonly status: number;
  readonly errors: Readonly<Record<string, readonly string[]>>;

  private constructor(status: number, errors: Record<string, string[]>) {
    super(`the procurement network refused with status ${status}`);
    this.name = 'VendorRefusal';
    this.status = status;
    this.errors = errors;
  }

  static of(status: number, answer: unknown, resource: string): VendorRefusal {
    const [fault] = checkErrors(answer);
    if (fault) {
      throw new ApiError('upstream-broken', `The procurement network's refusal at ${resource} is not as it should be: ${fault.pointer} ${fault.detail}.`, { code: 'vendor-answer-invalid' });
    }
    return new VendorRefusal(status, (answer as { errors: Record<string, string[]> }).errors);
  }

  says(field: string, text: RegExp): boolean {
    return (this.errors[field] ?? []).some((each) => text.test(each));
  }
}

/** By field and text, in the order in which they are looked for. The texts are those of the sandbox, modelled on Rails' own. */
const REASONS: readonly { field: RegExp; text: RegExp; code: string; detail: string }[] = [
  { field: /^supplier$/, text: /is inactive/, code: 'supplier-inactive', detail: 'The supplier is not active in the procurement network.' },
  { field: /^supplier$/, text: /does not receive orders/, code: 'supplier-not-on-network', detail: 'The supplier takes no orders through the procurement network.' },
  { field: /^supplier$/, text: /./, code: 'unknown-supplier', detail: 'The procurement network does not know the supplier.' },
  { field: /^item$/, text: /does not exist/, code: 'unknown-item', detail: 'The procurement network does not know an item of the order.' },
  { field: /^order-lines$/, text: /does not belong/, code: 'line-not-on-order', detail: 'The order in the procurement network lacks one of the lines.' },
  { field: /^status$/, text: /./, code: 'order-state', detail: 'The state of the order in the procurement network does not allow this.' },
];

/** A refusal in our terms; the vendor's fields are named, since they point at what to mend. */
export function refused(refusal: VendorRefusal): ApiError {
  const fields = Object.keys(refusal.errors);
  const reason = REASONS.find(({ field, text }) => fields.some((name) => field.test(name) && refusal.says(name, text)));
  if (reason) return new ApiError('refused', reason.detail, { code: reason.code, cause: refusal });
  const named = fields.join(', ').slice(0, 200) || 'a reason it does not name';
  return new ApiError('refused', `The procurement network refuses this because of ${named}.`, { code: 'vendor-refused', cause: refusal });
}
