import type { PersonName } from '#contracts/generated/system/identity/v1.ts';

/** Letters that Unicode does not take apart into a plain one and a mark. */
const PLAIN: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };
const LONGEST_PART = 40;
/** More people of one name than any hospital has. */
const MOST = 1_000;

/**
 * Names to sign in with, in the order in which they are to be tried: jane.doe, jane.doe2, jane.doe3. They consist of
 * a-z, 0-9, dot and hyphen, whatever the person's name; one that leaves nothing of it is replaced by the person's id.
 */
export function* userNamesFor({ given, family }: PersonName, personId: string): Generator<string, void> {
  const name = [given, family].map(plain).filter((part) => part !== '').join('.') || personId.toLowerCase();
  yield name;
  for (let number = 2; number <= MOST; number += 1) yield `${name}${number}`;
}

function plain(text: string): string {
  const letters = text.toLowerCase().replaceAll(/[ßæœøłđðþı]/g, (letter) => PLAIN[letter]!).normalize('NFKD').replaceAll(/\p{M}/gu, '');
  return letters.replaceAll(/[^a-z0-9]+/g, '-').slice(0, LONGEST_PART).replaceAll(/^-+|-+$/g, '');
}
