import { strFromU8, unzipSync } from 'fflate';
import { brokenAnswer } from './record.ts';

/** One line of the file, or all of it, and what is wrong with it. */
export interface ImportProblem {
  /** From 1; undefined where the report names no line. */
  line: number | undefined;
  code: string;
  text: string;
}

const LARGEST_REPORT = 4 * 1024 * 1024;

/** The log of a job that ended in error: a zip of text, whose problems begin with a code of two letters and two digits. */
export function readImportReport(content: string): ImportProblem[] {
  return logIn(content).split('\n').flatMap((text) => {
    const [, line, code] = /^\s*(?:line (\d+): )?([A-Z]{2}\d{2})\b/.exec(text) ?? [];
    return code ? [{ line: line === undefined ? undefined : Number(line), code, text: text.trim() }] : [];
  });
}

function logIn(content: string): string {
  try {
    const files = unzipSync(Buffer.from(content, 'base64'), { filter: (file) => file.originalSize < LARGEST_REPORT });
    return Object.values(files).map((file) => strFromU8(file)).join('\n');
  } catch (cause) {
    throw brokenAnswer('a report that is no archive', cause);
  }
}
