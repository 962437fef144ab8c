/** Types of message that the hospital's supply chain asks its EHR for. */
const WANTED = new Set(['ADT', 'SIU', 'ORM', 'DFT']);

/** Files of the sample collections whose right answer is not what their name or type suggests. */
const SPECIAL: Readonly<Record<string, 'accepted' | 'refused'>> = {
  // Only its collection calls it invalid: trailing empty fields are allowed (HL7 v2.8 chapter 2.6).
  'edge/invalid-trailing-empty-fields.hl7': 'accepted',
  // PID-3 is required and empty.
  'edge/edge-empty-segments.hl7': 'refused',
  // ADT^O01 does not exist.
  'efferent/Sample-ADT.txt': 'refused',
  // MSH-2 holds the escape character twice.
  'lfh/sample_unix.hl7': 'refused',
  'lfh/sample_win.hl7': 'refused',
};

/** The answer that a message must get: taken when it is sound and of a wanted type, else refused with words. */
export function expectedAnswer(source: string, bytes: Buffer, isDamaged: boolean): 'accepted' | 'refused' {
  return SPECIAL[source] ?? (!isDamaged && WANTED.has(typeOf(bytes)) ? 'accepted' : 'refused');
}

/** MSH-9, first component, by the delimiters that the message itself declares. */
function typeOf(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  const start = text.indexOf('MSH');
  if (start < 0) return '';
  const header = text.slice(start, text.indexOf('\r', start));
  return header.split(header.charAt(3))[8]?.split(header.charAt(4))[0] ?? '';
}
