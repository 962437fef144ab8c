import { purchaseOrderSchema } from '#formats/x12/index.ts';
import type { ContentViolation, SetSchema, TransactionSet } from '#formats/x12/index.ts';
import { element } from '#formats/x12/segment.ts';

const { BEG, PO1 } = purchaseOrderSchema.segments;
const REPLACE = '05';
/** Segments whose values come back in what suppliers send, where they must not hold the separators used there. */
const ECHOED = new Set(['BEG', 'REF', 'N1', 'PO1']);
const OUR_SEPARATORS = /[*:~^]/;

/** What our X12 suppliers need of an 850, beyond its form, before they enter it. */
export const ORDER_SCHEMA: SetSchema = {
  ...purchaseOrderSchema,
  required: ['BEG', 'PO1', 'CTT'],
  segments: {
    ...purchaseOrderSchema.segments,
    BEG: {
      ...BEG,
      elements: { ...BEG?.elements, 1: { reference: '353', type: 'ID', min: 2, max: 2, required: true, codes: ['00', '01', REPLACE] } },
    },
    PO1: {
      ...PO1,
      elements: {
        ...PO1?.elements,
        1: { reference: '350', type: 'N0', min: 1, max: 6, required: true },
        4: { reference: '212', type: 'R', min: 1, max: 17, required: true },
        7: { reference: '234', type: 'AN', min: 1, max: 80, required: true },
      },
    },
  },
  further: checkLines,
};

/** Lines have to be told apart by their numbers, and what is not a change has to order something. */
function checkLines(set: TransactionSet): ContentViolation[] {
  const violations: ContentViolation[] = [];
  const seen = new Set<number>();
  const purpose = element(set.segments[1] ?? { id: '', elements: [], position: 0 }, 1);
  set.segments.forEach((segment, index) => {
    if (ECHOED.has(segment.id)) {
      const foreign = segment.elements.findIndex((text) => OUR_SEPARATORS.test(text));
      const place = { segmentId: segment.id, position: segment.position, setPosition: index + 1 };
      if (foreign >= 0) violations.push({ level: 'element', code: '6', ...place, element: foreign + 1 });
    }
    if (segment.id !== 'PO1') return;
    const at = { level: 'element', code: '7', segmentId: 'PO1', position: segment.position, setPosition: index + 1, loop: 'PO1' } as const;
    const lineNumber = Number(element(segment, 1));
    if (lineNumber < 1 || seen.has(lineNumber)) violations.push({ ...at, element: 1, reference: '350' });
    seen.add(lineNumber);
    const quantity = Number(element(segment, 2));
    if (quantity < 0 || (quantity === 0 && purpose !== REPLACE)) violations.push({ ...at, element: 2, reference: '330' });
    if (element(segment, 4).startsWith('-')) violations.push({ ...at, element: 4, reference: '212' });
  });
  return violations;
}
