/**
 * - `no-interchange`: the text does not begin with an ISA whose separators can be read; nothing can be answered
 * - `limit`: a segment, transaction set or text is larger than allowed
 * - `delimiter-in-data`: a value to print contains a separator
 * - `invalid-value`: a value to print does not fit its element
 * - `missing-content`: a transaction set lacks a segment or element the typed object needs
 * - `invalid-content`: a segment or element cannot be read as what it has to be
 */
export type X12ErrorCode =
  | 'no-interchange' | 'limit' | 'delimiter-in-data' | 'invalid-value' | 'missing-content' | 'invalid-content';

export interface X12Location {
  segmentId: string;
  /** Number of the segment in the transaction set or, of an envelope, in the interchange. */
  position?: number;
  element?: number;
}

/** Text that cannot be read or a value that cannot be printed. Names the place, never the value. */
export class X12Error extends Error {
  readonly code: X12ErrorCode;
  readonly location: X12Location | undefined;

  constructor(code: X12ErrorCode, message: string, location?: X12Location, options?: ErrorOptions) {
    super(location === undefined ? message : `${message} at ${describe(location)}`, options);
    this.name = 'X12Error';
    this.code = code;
    this.location = location;
  }
}

function describe({ segmentId, position, element }: X12Location): string {
  const name = element === undefined ? segmentId : `${segmentId}${String(element).padStart(2, '0')}`;
  return position === undefined ? name : `${name}, segment ${position}`;
}
