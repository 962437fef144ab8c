/**
 * TA105, interchange note code.
 *
 * @source ASC X12 data element I18
 */
export const INTERCHANGE_NOTES = {
  '000': 'No error',
  '001': 'The control numbers of ISA13 and IEA02 do not match',
  '002': 'The standard named in the control standards identifier is not supported',
  '003': 'The version of the controls is not supported',
  '004': 'The segment terminator is invalid',
  '005': 'Invalid interchange id qualifier for sender',
  '006': 'Invalid interchange sender id',
  '007': 'Invalid interchange id qualifier for receiver',
  '008': 'Invalid interchange receiver id',
  '009': 'Unknown interchange receiver id',
  '010': 'Invalid authorization information qualifier',
  '011': 'Invalid authorization information',
  '012': 'Invalid security information qualifier',
  '013': 'Invalid security information',
  '014': 'Invalid interchange date',
  '015': 'Invalid interchange time',
  '016': 'Invalid interchange standards identifier',
  '017': 'Invalid interchange version id',
  '018': 'Invalid interchange control number',
  '019': 'Invalid acknowledgment requested value',
  '020': 'Invalid test indicator',
  '021': 'Invalid number of included groups',
  '022': 'Invalid control structure',
  '023': 'Improper (premature) end of file',
  '024': 'Invalid interchange content',
  '025': 'Duplicate interchange control number',
  '026': 'Invalid data element separator',
  '027': 'Invalid component element separator',
  '032': 'Invalid repetition separator',
} as const;

/**
 * AK905 to AK909, functional group syntax error.
 *
 * @source ASC X12 data element 716
 */
export const GROUP_ERRORS = {
  '1': 'Functional group not supported',
  '2': 'Functional group version not supported',
  '3': 'Functional group trailer missing',
  '4': 'Group control numbers in header and trailer do not agree',
  '5': 'Number of included transaction sets does not match actual count',
  '6': 'Group control number violates syntax',
  '19': 'Functional group control number not unique within interchange',
} as const;

/**
 * AK502 and IK502, transaction set syntax error.
 *
 * @source ASC X12 data elements 718 and 618
 */
export const TRANSACTION_ERRORS = {
  '1': 'Transaction set not supported',
  '2': 'Transaction set trailer missing',
  '3': 'Transaction set control numbers in header and trailer do not match',
  '4': 'Number of included segments does not match actual count',
  '5': 'One or more segments in error',
  '6': 'Missing or invalid transaction set identifier',
  '7': 'Missing or invalid transaction set control number',
  '18': 'Transaction set not in functional group',
  '23': 'Transaction set control number not unique within the functional group',
} as const;

/**
 * AK304 and IK304, segment syntax error.
 *
 * @source ASC X12 data elements 720 and 620
 */
export const SEGMENT_ERRORS = {
  '1': 'Unrecognized segment id',
  '2': 'Unexpected segment',
  '3': 'Required segment missing',
  '4': 'Loop occurs over maximum times',
  '5': 'Segment exceeds maximum use',
  '6': 'Segment not in defined transaction set',
  '7': 'Segment not in proper sequence',
  '8': 'Segment has data element errors',
} as const;

/**
 * AK403 and IK403, data element syntax error.
 *
 * @source ASC X12 data elements 723 and 621
 */
export const ELEMENT_ERRORS = {
  '1': 'Required data element missing',
  '2': 'Conditional required data element missing',
  '3': 'Too many data elements',
  '4': 'Data element too short',
  '5': 'Data element too long',
  '6': 'Invalid character in data element',
  '7': 'Invalid code value',
  '8': 'Invalid date',
  '9': 'Invalid time',
  '10': 'Exclusion condition violated',
} as const;

export type InterchangeNote = keyof typeof INTERCHANGE_NOTES;
export type GroupError = keyof typeof GROUP_ERRORS;
export type TransactionError = keyof typeof TRANSACTION_ERRORS;
export type SegmentError = keyof typeof SEGMENT_ERRORS;
export type ElementError = keyof typeof ELEMENT_ERRORS;
