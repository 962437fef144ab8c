export interface FieldError {
  error: string;
  field?: string;
}

/** What the HR system says no to, in its own words. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly FieldError[];

  constructor(status: number, message: string, errors: readonly FieldError[] = []) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.errors = errors;
  }
}

export function invalid(...errors: FieldError[]): Refusal {
  return new Refusal(400, 'Validation error occurred. Correct the errors and try again.', errors);
}
