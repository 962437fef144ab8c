import { printInterchange } from '#formats/x12/index.ts';
import type { InterchangeInput, TransactionInput } from '#formats/x12/index.ts';

export interface Letter {
  /** Interchange address, `ZZ:LAKESIDE`. */
  from: string;
  to: string;
  controlNumber: string;
  at: Date;
  acknowledgmentRequested: boolean;
  acknowledgments?: InterchangeInput['acknowledgments'];
  groups: readonly { functionalId: string; version: string; transaction: TransactionInput }[];
}

/** Prints an interchange from one address to another, each transaction set in a functional group of its own. */
export function printLetter(letter: Letter): string {
  const [from, to] = [splitAddress(letter.from), splitAddress(letter.to)];
  const moment = letter.at.toISOString();
  const day = moment.slice(0, 10).replaceAll('-', '');
  const time = moment.slice(11, 16).replace(':', '');
  return printInterchange({
    header: {
      senderQualifier: from.qualifier,
      sender: from.id,
      receiverQualifier: to.qualifier,
      receiver: to.id,
      date: day.slice(2),
      time,
      controlNumber: letter.controlNumber,
      acknowledgmentRequested: letter.acknowledgmentRequested,
    },
    acknowledgments: letter.acknowledgments,
    groups: letter.groups.map(({ functionalId, version, transaction }, index) => ({
      header: {
        functionalId,
        sender: from.id,
        receiver: to.id,
        date: day,
        time,
        controlNumber: String(Number(letter.controlNumber) + index),
        version,
      },
      transactions: [transaction],
    })),
  });
}

export function splitAddress(address: string): { qualifier: string; id: string } {
  const colon = address.indexOf(':');
  return colon < 0 ? { qualifier: 'ZZ', id: address } : { qualifier: address.slice(0, colon), id: address.slice(colon + 1) };
}
