/** @source RFC 4511 appendix A */
export const RESULT = {
  success: 0, protocolError: 2, sizeLimitExceeded: 4, compareFalse: 5, compareTrue: 6, authMethodNotSupported: 7, strongerAuthRequired: 8, unavailableCriticalExtension: 12,
  noSuchAttribute: 16, undefinedAttributeType: 17, constraintViolation: 19, attributeOrValueExists: 20, invalidAttributeSyntax: 21, noSuchObject: 32, invalidDnSyntax: 34,
  invalidCredentials: 49, insufficientAccess: 50, busy: 51, unavailable: 52, unwillingToPerform: 53, namingViolation: 64, objectClassViolation: 65, notAllowedOnNonLeaf: 66,
  notAllowedOnRdn: 67, entryAlreadyExists: 68,
} as const;

/** Why an operation did not happen. */
export class LdapRefusal extends Error {
  readonly result: number;

  constructor(result: keyof typeof RESULT, message = '') {
    super(message);
    this.name = 'LdapRefusal';
    this.result = RESULT[result];
  }
}
