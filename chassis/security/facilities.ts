/** SQL that is true of what somebody who works for the facilities in `$place` may see; of everything when these are none. What names no facility concerns all. */
export function seenFrom(place: string, facility = 'facility'): string {
  return `(cardinality(${place}::text[]) = 0 or ${facility} is null or ${facility} = any(${place}))`;
}
