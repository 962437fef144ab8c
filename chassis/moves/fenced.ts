import { ApiError } from '../errors/failures.ts';

/** Another process has taken the move over: this one may write nothing more. */
export class Fenced extends ApiError {
  constructor() {
    super('conflict', 'Another process has taken this work over.', { code: 'fenced' });
  }
}
