/** @source https://hl7.org/fhir/R4/valueset-issue-type.html */
export type IssueType =
  | 'structure' | 'required' | 'value' | 'code-invalid' | 'invalid' | 'login' | 'forbidden' | 'not-found' | 'deleted'
  | 'not-supported' | 'duplicate' | 'multiple-matches' | 'conflict' | 'too-costly' | 'expired' | 'throttled' | 'exception' | 'informational';

export interface Issue {
  severity: 'fatal' | 'error' | 'warning' | 'information';
  code: IssueType;
  details?: { coding?: { system: string; code: string; display: string }[]; text: string };
  diagnostics: string;
  expression?: string[];
}

export interface OperationOutcome {
  resourceType: 'OperationOutcome';
  issue: Issue[];
}

export function issue(code: IssueType, diagnostics: string, expression?: string): Issue {
  return { severity: 'error', code, diagnostics, ...(expression ? { expression: [expression] } : {}) };
}

export function outcome(...issues: Issue[]): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue: issues };
}

/** A request this server refuses; the HTTP edge and each batch entry print it as an OperationOutcome. */
export class FhirError extends Error {
  readonly status: number;
  readonly issues: Issue[];
  readonly headers: Record<string, string>;

  constructor(status: number, issues: Issue | Issue[], headers: Record<string, string> = {}) {
    const all = Array.isArray(issues) ? issues : [issues];
    super(all.map((each) => each.diagnostics).join('; '));
    this.status = status;
    this.issues = all;
    this.headers = headers;
  }

  toOutcome(): OperationOutcome {
    return outcome(...this.issues);
  }
}

/**
 * Epic tells about a search parameter that it does not know inside the searchset, with a code of its own, and still
 * answers 200.
 *
 * @source third-party write-ups of Epic on FHIR answers (code 59109 under this OID); not confirmed by the vendor
 */
export function unknownParameter(name: string): Issue {
  return {
    severity: 'information',
    code: 'informational',
    details: {
      coding: [{ system: 'urn:oid:1.2.840.114350.1.13.0.1.7.2.657369', code: '59109', display: 'An unknown parameter was found in the request.' }],
      text: 'An unknown parameter was found in the request.',
    },
    diagnostics: name,
  };
}
