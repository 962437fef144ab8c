import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkSection } from '#chassis/config/config.ts';
import { schemaCompiler } from '#chassis/contract/schemas.ts';
import { MllpDecoder, parseMessage, readAcknowledgment } from '#formats/hl7v2/index.ts';
import { ehr } from '#contracts/generated/system/ehr/v1.ts';
import { createDice } from '../../../../../sandbox/ehr/day/random.ts';
import { hl7Files, hl7Message } from '../../../../../sandbox/ehr/day/hl7-sendings.ts';
import { acknowledgement } from '../../../../../system-apis/ehr/adapters/hl7-v2/acknowledge.ts';
import { examine } from '../../../../../system-apis/ehr/adapters/hl7-v2/examine.ts';
import { MllpSettings } from '../../../../../system-apis/ehr/adapters/hl7-v2/settings.ts';
import { admission } from '../../messages/sender.ts';

const settings = checkSection(MllpSettings, { port: 0, facility: 'MAIN', facilities: { EASTGATE: 'EAST' } }, '', []);
const keepsContract = schemaCompiler(ehr.document)({ $ref: '#/components/schemas/ReceivedMessage' });
const judge = (text: string) => examine(Buffer.from(text), settings).judgement;

describe('what a message says of itself', () => {
  test('is its sender, kind, version, visit, and whose it is in our codes', () => {
    assert.deepEqual(judge(admission({ controlId: 'X1', visit: 'V9', facility: 'EASTGATE' })), {
      acknowledgement: 'AA', problem: undefined, sender: 'REGISTRATION|EASTGATE', controlId: 'X1', messageType: 'ADT^A01', version: '2.5.1', facility: 'EAST', encounterId: 'V9',
    });
    assert.equal(judge(admission({ facility: 'ELSEWHERE' })).facility, 'MAIN');
    assert.equal(judge(admission({ facility: 'constructor' })).facility, 'MAIN');
  });

  test('is the event of EVN where an old sender leaves it out of the header', () => {
    assert.equal(judge(admission({ type: 'ADT' })).messageType, 'ADT^A01');
  });

  test('is left out where it does not have its form', () => {
    const { messageType, version, sender, acknowledgement: answer } = judge(admission({ type: 'Doe, Jane^x y' }).replace('|2.5.1', '|Jane').replace('REGISTRATION', '').replace('NORTH', ''));
    assert.deepEqual([messageType, version, sender, answer], [undefined, undefined, '', 'AR']);
  });
});

describe('any bytes at all', () => {
  test('are judged within the contract and answered in a block that can be read', () => {
    const dice = createDice(20_261_120);
    const files = hl7Files().map((source) => hl7Message({ source, controlId: 'FUZZ' }));
    for (let turn = 0; turn < 3_000; turn += 1) {
      const bytes = Buffer.from(dice.pick(files));
      for (let mutation = 0, most = 1 + dice.below(12); mutation < most; mutation += 1) {
        // Mostly in the header, where everything is decided; never the characters of a block, which end it.
        const at = dice.below(3) === 0 ? dice.below(bytes.length) : dice.below(Math.min(bytes.length, 120));
        bytes[at] = dice.pick([0x7c, 0x5e, 0x7e, 0x5c, 0x26, 0x0d, 0x0a, 0x00, 0x09, 0x22, 0x41, 0x7f, 0xc3, 0xff, dice.below(256)].filter((byte) => byte !== 0x0b && byte !== 0x1c));
      }
      const examined = examine(dice.below(20) === 0 ? bytes.subarray(0, dice.below(bytes.length)) : bytes, settings);
      const { judgement } = examined;
      const { controlId, messageType, version, sender, problem } = judgement;
      const listed = { messageId: '4c7e2a10-0000-4000-8000-000000000001', receivedAt: '2026-11-20T10:00:00Z', status: 'received', acknowledgement: judgement.acknowledgement, duplicates: 0, controlId, messageType, version, sender, problem };
      assert.deepEqual(keepsContract(Object.fromEntries(Object.entries(listed).filter(([, value]) => value !== undefined))), []);
      assert.ok(judgement.acknowledgement !== 'AA' || controlId !== undefined);
      assert.equal(judgement.problem === undefined, judgement.acknowledgement === 'AA');

      const block = acknowledgement(examined, { messageId: listed.messageId, receivedAt: new Date(0), acknowledgement: judgement.acknowledgement, as: 'new' });
      const [answer, ...others] = new MllpDecoder().feed(block);
      assert.equal(others.length, 0);
      assert.equal(answer?.kind, 'frame');
      const read = readAcknowledgment(parseMessage(answer?.kind === 'frame' ? answer.payload.toString('latin1') : ''));
      assert.equal(read.code, judgement.acknowledgement);
    }
  });
});
