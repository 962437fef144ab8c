import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { frame } from '#formats/hl7v2/index.ts';
import { eventually } from '../../../support/eventually.ts';
import { openHouse, type House } from './house.ts';
import { admission, openSender } from './sender.ts';

const START = '\x0b';
const END = '\x1c';

describe('bytes that are no message', () => {
  let house: House;
  before(async () => { house = await openHouse({ maxMessageBytes: 20_000 }); });
  after(() => house.leave());

  /** Sends bytes and then a good message; the answers until the good one's. */
  async function answersTo(bytes: string | Buffer): Promise<[string, string | undefined][]> {
    const sender = await openSender(house.port);
    sender.write(bytes);
    sender.write(frame(admission({ controlId: 'GOOD' })));
    const answers: [string, string | undefined][] = [];
    while (answers.at(-1)?.[1] !== 'GOOD') {
      const { code, controlId } = await sender.answer();
      answers.push([code, controlId]);
    }
    sender.close();
    return answers;
  }

  const odd: [title: string, bytes: string | Buffer, answers: [string, string | undefined][], problem?: RegExp][] = [
    ['a block without a start is refused under its control id', `${admission({ controlId: 'NOSTART' })}${END}\r`, [['AR', 'NOSTART']], /199 .*no start character/],
    ['a block that never ended is refused when the next begins', `${START}${admission({ controlId: 'NOEND' })}`, [['AR', 'NOEND']], /199 .*no end/],
    ['an end without its carriage return is refused', `${START}${admission({ controlId: 'NOCR' })}${END}`, [['AR', 'NOCR']], /199 .*carriage return/],
    ['a start within a message makes the first part a block without an end', `${START}${admission({ controlId: 'NESTED' }).replace('Adam', START)}${END}\r`, [['AR', 'NESTED'], ['AR', undefined]]],
    ['a message that is too large is refused, passed over, and the next one is fine', frame(admission({ controlId: 'LARGE', family: 'x'.repeat(60_000) })), [['AR', 'LARGE']], /207 .*larger than allowed/],
    ['an empty block is refused', `${START}${END}\r`, [['AR', undefined]], /^100 /],
    ['text of another protocol is refused', `GET / HTTP/1.1\r\nHost: x\r\n\r\n${END}\r`, [['AR', undefined]]],
    ['line ends between blocks harm nobody', '\r\n\r\n', []],
    ['two messages in one block are an error', frame(admission({ controlId: 'TWO' }) + admission({ controlId: 'TWO-B' })), [['AE', 'TWO']], /^100 .*second MSH/],
    ['a message without a control id is an error and can be told from no other', frame(admission().replace(/\|C\d+\|/, '||')), [['AE', undefined]], /^101 .*MSH-10/],
    ['a control id that is too long is an error', frame(admission({ controlId: 'L'.repeat(300) })), [['AE', 'L'.repeat(300)]], /^102 .*MSH-10/],
    ['separators used twice are an error', frame(admission({ controlId: 'TWICE' }).replace('|^~\\&|', '|^^\\&|')), [['AE', undefined]], /^102 .*MSH-2/],
    ['bytes that are not of the declared character set are an error', Buffer.concat([Buffer.from(START), Buffer.from(admission({ controlId: 'CHARSET' }).replace('|P|2.5.1', '|P|2.5.1||||||UNICODE UTF-8').replace('Adam', 'Ad\u00e4m'), 'latin1'), Buffer.from(`${END}\r`)]), [['AE', 'CHARSET']], /^102 .*MSH-18/],
    ['a character set that nobody knows is an error', frame(admission({ controlId: 'UNKNOWN-SET' }).replace('|P|2.5.1', '|P|2.5.1||||||KLINGON')), [['AE', 'UNKNOWN-SET']], /^103 .*MSH-18/],
    ['NUL characters are kept as they came', frame(admission({ controlId: 'NUL', family: 'a\0b' })), [['AA', 'NUL']]],
    ['NUL characters in the control id are an error', frame(admission({ controlId: 'N\0L' })), [['AE', 'N\0L']], /^102 .*MSH-10/],
    ['a message with its own separators is taken', frame(admission({ controlId: 'OWN' }).replaceAll('^', '@').replaceAll('|', '!').replace('MSH!@~\\&', 'MSH!@*\\%')), [['AA', 'OWN']]],
    ['UTF-16 with its mark is taken', frame(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(admission({ controlId: 'WIDE' }), 'utf16le')])), [['AA', 'WIDE']]],
    ['block characters that are hidden by an escape are an error, answered in a block that holds', frame(admission({ controlId: 'HID\\X1C\\DEN' })), [['AE', 'HID\x1cDEN']], /^102 .*MSH-10/],
  ];

  for (const [title, bytes, answers, problem] of odd) {
    test(title, async () => {
      assert.deepEqual(await answersTo(bytes), [...answers, ['AA', 'GOOD']]);
      if (!problem) return;
      const kept = (await house.messages()).filter((each) => each.status === 'rejected').at(-1);
      assert.match(kept?.problem ?? '', problem);
    });
  }

  test('an acknowledgement is kept and never acknowledged', async () => {
    const acknowledgement = 'MSH|^~\\&|A|B|C|D|20261120||ACK|ACK-1|P|2.5.1\rMSA|AA|X\r';
    assert.deepEqual(await answersTo(frame(acknowledgement)), [['AA', 'GOOD']]);
    const kept = (await house.messages()).find((each) => each.controlId === 'ACK-1');
    assert.deepEqual([kept?.status, kept?.messageType], ['rejected', 'ACK']);
  });

  test('half a message is kept when its sender goes away', async () => {
    const sender = await openSender(house.port);
    sender.write(`${START}${admission({ controlId: 'HALF' }).slice(0, 120)}`);
    sender.socket.end();
    assert.equal((await sender.answer()).controlId, 'HALF');
    await sender.closed();
    const kept = await eventually(async () => (await house.messages()).find((each) => each.controlId === 'HALF'));
    assert.deepEqual([kept.status, kept.acknowledgement], ['rejected', 'AR']);
  });

  test('a sender that has nothing but broken blocks is cut off', async () => {
    const sender = await openSender(house.port);
    for (let turn = 0; turn < 30; turn += 1) sender.write(`rubbish ${turn}${END}\r`);
    await sender.closed();
  });

  test('an unterminated stream of any length is cut off and costs no memory', async () => {
    const sender = await openSender(house.port);
    const before = process.memoryUsage().arrayBuffers;
    sender.write(START);
    const piece = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    while (!sender.socket.destroyed && sent < 64 * 1024 * 1024) {
      sent += piece.length;
      if (!sender.socket.write(piece)) await Promise.race([new Promise((resolve) => { sender.socket.once('drain', resolve); }), sender.closed()]);
    }
    await sender.closed();
    assert.ok(sent < 8 * 1024 * 1024, `${sent} bytes were taken`);
    assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 1024 * 1024);
  });
});

describe('whom a message is meant for', () => {
  test('a foreign receiver is an error, and another processing id is not taken, when the settings say so', async () => {
    const house = await openHouse({ receivingApplications: ['CALLOSUM'], processingIds: ['P'] });
    const sender = await openSender(house.port);
    assert.equal((await sender.send(admission())).code, 'AA');
    const foreign = await sender.send(admission().replace('|CALLOSUM|', '|ELSEWHERE|'));
    assert.deepEqual([foreign.code, foreign.errors[0]?.code], ['AE', '103']);
    const training = await sender.send(admission().replace('|P|2.5.1', '|T|2.5.1'));
    assert.deepEqual([training.code, training.errors[0]?.code], ['AR', '202']);
    sender.close();
    await house.leave();
  });
});
