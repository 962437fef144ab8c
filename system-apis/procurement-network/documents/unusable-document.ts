/** Says what is wrong with a document and where, never what stands there. */
export class UnusableDocument extends Error {
  /** A stable reason, for senders that can be answered. */
  readonly code: string;

  constructor(problem: string, code = 'unusable-document', cause?: unknown) {
    super(problem, { cause });
    this.name = 'UnusableDocument';
    this.code = code;
  }
}
