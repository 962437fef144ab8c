import { defineAdapter } from '#chassis/adapters/adapter.ts';
import type { MessagePort } from '../../port.ts';
import { examine } from './examine.ts';
import { createListener } from './listener.ts';
import { MllpSettings } from './settings.ts';

/** HL7 version 2 over MLLP, as clinical systems send it on their own. */
export const hl7v2 = defineAdapter<MessagePort>()({
  settings: MllpSettings,
  create: (settings, deps) => ({
    judge: (bytes) => examine(bytes, settings).judgement,
    listen: (take) => createListener(settings, take, deps),
    close: () => Promise.resolve(),
  }),
});
