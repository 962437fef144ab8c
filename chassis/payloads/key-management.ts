/**
 * Who holds the master keys: files, or a service that never lets them out. It sees data keys only, never bodies. What
 * is wrapped is bound to its context and cannot be unwrapped under another.
 */
export interface KeyManagement {
  /** The master key that wraps what is new. */
  readonly currentId: string;
  /** All that can unwrap. */
  readonly ids: readonly string[];
  wrap(masterKey: string, plain: Buffer, context: string): Promise<Buffer>;
  /** Throws when the master key is another one, the context differs or a bit was changed. */
  unwrap(masterKey: string, wrapped: Buffer, context: string): Promise<Buffer>;
}
