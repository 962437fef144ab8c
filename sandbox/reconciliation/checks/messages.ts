import type { Books } from '../books.ts';
import { finderFor, type Finding } from '../findings.ts';
import type { Sent } from '../sent.ts';

const find = finderFor('messages');

/** Every HL7 v2 message was answered, and as it had to be. */
export function checkMessages(books: Books, sent: Sent): Finding[] {
  const answers = new Map(books.messages.map((each) => [each.id, each]));
  return sent.messages.flatMap((message) => {
    const what = `message ${message.id} (${message.source})`;
    const answer = answers.get(message.id);
    if (!answer) return [find('lost', what, 'a message in the feed', 'none')];
    if (answer.state === 'waiting') return [find('stuck', what, 'an acknowledgement', `none after ${answer.attempts} sendings`)];
    return answer.state === message.expected ? [] : [find('unexpected', what, `to be ${message.expected}`, `${answer.state} with ${answer.code}`)];
  });
}
