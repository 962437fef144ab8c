import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import pg from 'pg';
import { receivedCommunications } from '../../../sandbox/ehr/books.ts';
import { patient, withEhr } from './support.ts';

describe('the books of the simulated EHR', () => {
  const running = withEhr();

  test('hold each Communication about a substitution with what it is about', async () => {
    await running.send('PUT', 'Patient/p1', { ...patient('Books'), id: 'p1' });
    await running.send('POST', 'Communication', {
      resourceType: 'Communication', status: 'completed', identifier: [{ system: 'urn:callosum:substitution', value: 'REQ-1' }],
      category: [{ coding: [{ system: 'urn:callosum:communication', code: 'substitution' }] }], subject: { reference: 'Patient/p1' },
      about: [{ reference: 'Patient/p1' }], sent: '2026-11-20T10:00:00Z', payload: [{ contentString: 'IMP-1001 was replaced by IMP-1002' }],
    });
    const { body } = await running.send('POST', 'Communication', { resourceType: 'Communication', status: 'completed' });
    await running.send('DELETE', `Communication/${String(body.id)}`);
    const pool = new pg.Pool({ connectionString: running.database.url });
    const books = await receivedCommunications(pool);
    await pool.end();
    assert.deepEqual(books.map(({ id: _id, lastUpdated: _lastUpdated, ...rest }) => rest), [{
      status: 'completed', identifiers: [{ system: 'urn:callosum:substitution', value: 'REQ-1' }], categories: ['substitution'],
      about: ['Patient/p1'], patient: 'p1', text: 'IMP-1001 was replaced by IMP-1002', sent: '2026-11-20T10:00:00Z',
    }]);
  });
});
