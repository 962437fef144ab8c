import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { checkImports, importsOf } from './import-rules.ts';
import { describeViolations, readSources } from './sources.ts';
import type { Violation } from './sources.ts';
import { checkBusinessWords, checkNames, checkVendorWords } from './word-rules.ts';

const typescript = readSources('**/*.ts');
const scripts = readSources('**/*.{mjs,js}');
const contracts = readSources('contracts/**/*.{yaml,graphql}');

describe('the house as it is built', () => {
  test('every folder imports only what lies below it', () => {
    assertNone(checkImports([...typescript, ...scripts]));
  });

  test('no word of the business is said in the chassis', () => {
    assertNone(checkBusinessWords(typescript));
  });

  test('no vendor is named outside of its adapter', () => {
    assertNone(checkVendorWords([...typescript, ...scripts, ...contracts]));
  });

  test('every folder and file has a name that says what is inside', () => {
    assertNone(checkNames([...typescript, ...scripts, ...contracts]));
  });

  test('these tests have seen the sources and the imports between them', () => {
    const paths = typescript.map(({ path }) => path);
    for (const seen of ['chassis/storage/embedded-postgres.ts', 'commands/check.ts', 'test/architecture/layers.test.ts']) {
      assert.ok(paths.includes(seen), `${seen} was not read`);
    }
    assert.ok(paths.every((path) => !path.includes('node_modules')));
    assert.ok(contracts.length > 0);
    const own = typescript.find(({ path }) => path === 'test/architecture/layers.test.ts');
    assert.ok(own);
    assert.deepEqual(
      importsOf(own).map(({ specifier }) => specifier).filter((specifier) => specifier.startsWith('.')),
      ['./import-rules.ts', './sources.ts', './sources.ts', './word-rules.ts'],
    );
  });
});

describe('an import that the drawing does not have is named with its file and line', () => {
  const forbidden: [title: string, path: string, specifier: string][] = [
    ['from the chassis to a format', 'chassis/http/serve.ts', '../../formats/x12/parse.ts'],
    ['from the chassis to a contract', 'chassis/http/serve.ts', '#contracts/generated/system/erp/v1.ts'],
    ['from a format to the chassis', 'formats/hl7v2/parse.ts', '#chassis/errors/api-error.ts'],
    ['from a system API to a process API', 'system-apis/erp/api.ts', '../../process-apis/procure-to-pay/rules.ts'],
    ['from a system API to its neighbour', 'system-apis/erp/api.ts', '../ehr/api.ts'],
    ['from a system API to the contract of its neighbour', 'system-apis/erp/api.ts', '#contracts/generated/system/ehr/v1.ts'],
    ['from a system API to a contract above it', 'system-apis/erp/api.ts', '#contracts/generated/process/procure-to-pay/v1.ts'],
    ['from a system API outside its adapters to a format', 'system-apis/ehr/api.ts', '#formats/hl7v2/parse.ts'],
    ['from one adapter to another', 'system-apis/erp/adapters/simulator/adapter.ts', '../tryton/mapping.ts'],
    ['from a process to its neighbour', 'process-apis/procure-to-pay/rules.ts', '../hire-to-retire/rules.ts'],
    ['from a process to a system API behind its contract', 'process-apis/procure-to-pay/moves/order.ts', '../../../system-apis/erp/api.ts'],
    ['from a process to a format', 'process-apis/procure-to-pay/moves/order.ts', '#formats/cxml/print.ts'],
    ['from an experience to a process behind its contract', 'experience-apis/portal/api.ts', '../../process-apis/procure-to-pay/api.ts'],
    ['from the gateway to a layer', 'gateway/main.ts', '../experience-apis/portal/api.ts'],
    ['from the sandbox to a contract', 'sandbox/erp/server.ts', '../../contracts/generated/system/erp/v1.ts'],
    ['from the sandbox to a part of the chassis that vendors would not have', 'sandbox/erp/server.ts', '#chassis/moves/engine.ts'],
    ['from a composition root into the middle of an API', 'system-apis/main.ts', './erp/adapters/index.ts'],
    ['from a composition root to another layer', 'process-apis/main.ts', '../system-apis/erp/api.ts'],
    ['from an API to its composition root', 'system-apis/erp/api.ts', '../main.ts'],
    ['from production code to a test', 'process-apis/procure-to-pay/api.ts', '../../test/support/database.ts'],
    ['from a folder that has no place in the layers', 'plugins/one.ts', '../chassis/errors/api-error.ts'],
    ['by an alias that does not exist', 'gateway/main.ts', '#sandbox/erp/server.ts'],
  ];
  for (const [title, path, specifier] of forbidden) {
    test(title, () => {
      const text = `import { readFile } from 'node:fs/promises';\n\nimport { thing } from '${specifier}';\n`;
      const [violation, ...others] = checkImports([{ path, text }]);
      assert.deepEqual(others, []);
      assert.equal(violation?.path, path);
      assert.equal(violation.line, 3);
      assert.match(violation.message, /^imports \S+, but \S+/);
      assert.ok(violation.message.includes(specifier.replace(/^[#./]+/, '')), violation.message);
    });
  }

  test('in whichever way it is written', () => {
    const ways = [
      `import '../ehr/api.ts';`,
      `import type { Ehr } from '../ehr/api.ts';`,
      `export * from '../ehr/api.ts';`,
      `export type { Ehr } from '../ehr/api.ts';`,
      `const ehr = await import('../ehr/api.ts');`,
      `function late() { return import(\`../ehr/api.ts\`); }`,
      `type Ehr = import('../ehr/api.ts').Ehr;`,
    ];
    for (const way of ways) {
      const violations = checkImports([{ path: 'system-apis/erp/api.ts', text: `const quote = /['"\`]/;\n${way}` }]);
      assert.equal(describeViolations(violations).split(', but ')[0], 'system-apis/erp/api.ts:2 imports system-apis/ehr/api.ts', way);
    }
  });

  test('but not when it only stands in a comment or a string', () => {
    const text = `// import '../ehr/api.ts'\nconst example = "import '../ehr/api.ts'";`;
    assertNone(checkImports([{ path: 'system-apis/erp/api.ts', text }]));
  });

  test('and generated code may know the types of the chassis, not its code', () => {
    const path = 'contracts/generated/system/erp/v1.ts';
    assertNone(checkImports([{ path, text: `import type { Contract } from '#chassis/contract/contract.ts';` }]));
    assertNone(checkImports([{ path, text: `import { type Contract } from '#chassis/contract/contract.ts';` }]));
    assert.equal(checkImports([{ path, text: `import { serve } from '#chassis/http/serve.ts';` }]).length, 1);
  });
});

describe('an import that the drawing has is left alone', () => {
  const allowed: [path: string, specifier: string][] = [
    ['chassis/http/serve.ts', '../errors/api-error.ts'],
    ['chassis/http/serve.ts', 'express'],
    ['formats/cxml/parse.ts', '../xml/parse.ts'],
    ['contracts/generated/system/erp/v1.ts', './v1.json'],
    ['contracts/cli/main.ts', '#chassis/errors/api-error.ts'],
    ['system-apis/erp/api.ts', '#contracts/generated/system/erp/v1.ts'],
    ['system-apis/erp/api.ts', '#contracts/generated/events/events.ts'],
    ['system-apis/erp/api.ts', './adapters/index.ts'],
    ['system-apis/erp/adapters/index.ts', './tryton/adapter.ts'],
    ['system-apis/erp/adapters/tryton/adapter.ts', '../../port.ts'],
    ['system-apis/erp/adapters/tryton/mapping.ts', '#formats/x12/parse.ts'],
    ['process-apis/procure-to-pay/moves/order.ts', '#contracts/generated/system/erp/v1.ts'],
    ['process-apis/procure-to-pay/moves/order.ts', '../rules.ts'],
    ['experience-apis/portal/api.ts', '#contracts/generated/process/procure-to-pay/v1.ts'],
    ['system-apis/main.ts', './erp/api.ts'],
    ['system-apis/main.ts', '../chassis/config/load.ts'],
    ['gateway/main.ts', '#contracts/generated/experience/partner/v1.ts'],
    ['sandbox/erp/server.ts', '#chassis/storage/database.ts'],
    ['sandbox/erp/server.ts', '../../formats/x12/print.ts'],
    ['commands/start.ts', '../sandbox/erp/server.ts'],
    ['bench/hops.ts', '../gateway/main.ts'],
  ];
  for (const [path, specifier] of allowed) {
    test(`${specifier} in ${path}`, () => {
      assertNone(checkImports([{ path, text: `import { thing } from '${specifier}';` }]));
    });
  }
});

describe('a word in the wrong place is named with its file and line', () => {
  test('whether it is an identifier, a string or a comment of the chassis', () => {
    const lines = [
      'const patientId = 1;', 'const PATIENT_ID = 1;', 'type HL7v2Message = string;', `log('two invoices');`,
      '// one per purchase order', 'class PurchaseOrderQueue {}', 'parseX12();', 'const isFHIRServer = true;',
    ];
    const said = lines.map((line) => checkBusinessWords([{ path: 'chassis/http/a.ts', text: `\n${line}` }]).map(wordAndLine));
    assert.deepEqual(said, [
      ['2 patient'], ['2 patient'], ['2 hl7'], ['2 invoice'], ['2 purchase order'], ['2 purchase order'], ['2 x12'], ['2 fhir'],
    ]);
  });

  test('but not where it is a part of another word, nor outside of the chassis', () => {
    assertNone(checkBusinessWords([{ path: 'chassis/http/a.ts', text: 'errors encountered, inpatiently; orderPurchased; hospitality' }]));
    assertNone(checkBusinessWords([{ path: 'process-apis/procure-to-pay/rules.ts', text: 'invoice' }]));
  });

  test('a vendor in a process, in a contract and in the name of a file', () => {
    const found = checkVendorWords([
      { path: 'process-apis/procure-to-pay/rules.ts', text: 'one\nif (isOracleFusion) two()' },
      { path: 'contracts/system/erp/v1.yaml', text: 'title: SAP' },
      { path: 'system-apis/ehr/epic-client.ts', text: '' },
    ]);
    assert.deepEqual(found.map(({ path, line }) => `${path}:${line}`), [
      'process-apis/procure-to-pay/rules.ts:2', 'process-apis/procure-to-pay/rules.ts:2', 'contracts/system/erp/v1.yaml:1', 'system-apis/ehr/epic-client.ts:1',
    ]);
  });

  test('but not a vendor in its adapter, in the register, or in the sandbox', () => {
    const text = 'Oracle Fusion, Tryton, Epic';
    for (const path of ['system-apis/erp/adapters/oracle-fusion/client.ts', 'system-apis/erp/adapters/index.ts', 'sandbox/erp/fusion/server.ts']) {
      assertNone(checkVendorWords([{ path, text }]));
    }
  });

  test('a folder or file whose name says nothing', () => {
    const paths = ['chassis/utils/time.ts', 'process-apis/procure-to-pay/helpers.ts', 'formats/common.test.ts', 'chassis/http/database.ts'];
    const found = checkNames(paths.map((path) => ({ path, text: '' })));
    assert.deepEqual(found.map(({ path }) => path), paths.slice(0, 3));
  });
});

function assertNone(violations: Violation[]): void {
  assert.ok(violations.length === 0, `\n${describeViolations(violations)}`);
}

function wordAndLine({ line, message }: Violation): string {
  return `${line} ${/"(.*)"/.exec(message)?.[1]}`;
}
