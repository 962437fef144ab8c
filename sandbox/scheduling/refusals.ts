/** An error as the vendor words it. Codes other than that of too many ids are invented. */
export class Refusal extends Error {
  readonly status: number;
  readonly errorCode: string;

  constructor(status: number, errorCode: string, message: string) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
  }
}

export const refusals = {
  tooMany: () => new Refusal(413, 'WCO-106194', 'The request exceeds the limit of 500.'),
  malformed: (what: string) => new Refusal(400, 'WCO-101200', `The request is not valid: ${what}`),
  duplicatePerson: () => new Refusal(400, 'WCO-101230', 'A person with this number exists.'),
  unknownPerson: () => new Refusal(404, 'WCO-101201', 'No such person.'),
  unknownLocation: () => new Refusal(400, 'WCO-104001', 'No such organizational path.'),
  unknownSkill: () => new Refusal(400, 'WFS-102001', 'No such skill.'),
  unknownShift: () => new Refusal(404, 'WFS-103000', 'No such shift.'),
  stale: () => new Refusal(409, 'WFS-103001', 'The shift was changed by somebody else.'),
  taken: () => new Refusal(409, 'WFS-103002', 'The shift is assigned to another employee.'),
  notQualified: () => new Refusal(400, 'WFS-103003', 'The employee is not qualified for the shift.'),
  overlaps: () => new Refusal(400, 'WFS-103004', 'The employee has another shift at that time.'),
  locked: () => new Refusal(400, 'WFS-103009', 'The schedule is locked.'),
} as const;
