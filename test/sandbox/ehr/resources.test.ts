import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { issuesOf, patient, withEhr } from './support.ts';

describe('resources of the simulated EHR', () => {
  const { send } = withEhr();

  test('a created patient is read back with version 1, ETag and Last-Modified', async () => {
    const created = await send('POST', 'Patient', patient('Lovelace'));
    assert.equal(created.status, 201);
    assert.match(created.headers.get('location') ?? '', new RegExp(`/Patient/${created.body.id}/_history/1$`));
    const read = await send('GET', `Patient/${created.body.id}`);
    assert.equal(read.status, 200);
    assert.equal(read.headers.get('etag'), 'W/"1"');
    assert.ok(read.headers.get('last-modified'));
    assert.match(read.headers.get('content-type') ?? '', /^application\/fhir\+json/);
    assert.deepEqual(read.body, created.body);
    const unchanged = await send('GET', `Patient/${created.body.id}`, undefined, { 'If-None-Match': 'W/"1"' });
    assert.equal(unchanged.status, 304);
  });

  test('a second plain POST of the same content makes a second resource', async () => {
    const [one, other] = [await send('POST', 'Patient', patient('Twice')), await send('POST', 'Patient', patient('Twice'))];
    assert.notEqual(one.body.id, other.body.id);
  });

  test('a conditional create makes one resource however many ask at the same moment', async () => {
    const condition = { 'If-None-Exist': 'identifier=urn:test:mrn|MRN-Once' };
    const replies = await Promise.all(Array.from({ length: 8 }, () => send('POST', 'Patient', patient('Once'), condition)));
    assert.deepEqual(replies.map((each) => each.status).sort(), [200, 200, 200, 200, 200, 200, 200, 201]);
    assert.equal(new Set(replies.map((each) => each.body.id)).size, 1);
  });

  test('a conditional create that matches two resources is refused with 412', async () => {
    await send('POST', 'Patient', patient('Ambiguous'));
    await send('POST', 'Patient', patient('Ambiguous'));
    const refused = await send('POST', 'Patient', patient('Ambiguous'), { 'If-None-Exist': 'identifier=MRN-Ambiguous' });
    assert.equal(refused.status, 412);
    assert.equal(issuesOf(refused.body)[0]?.code, 'multiple-matches');
  });

  test('of two updates with the same If-Match one wins and the other gets 412', async () => {
    const { body } = await send('POST', 'Patient', patient('Contested'));
    const change = (city: string) => send('PUT', `Patient/${body.id}`, { ...patient('Contested'), id: body.id, address: [{ city }] }, { 'If-Match': 'W/"1"' });
    const replies = await Promise.all([change('Boston'), change('Salem'), change('Lowell')]);
    assert.deepEqual(replies.map((each) => each.status).sort(), [200, 412, 412]);
    const winner = replies.find((each) => each.status === 200);
    assert.equal(winner?.headers.get('etag'), 'W/"2"');
  });

  test('every version stays readable and the history tells how each came about', async () => {
    const { body } = await send('POST', 'Patient', patient('Versions'));
    await send('PUT', `Patient/${body.id}`, { ...patient('Versions'), id: body.id, active: false });
    const first = await send('GET', `Patient/${body.id}/_history/1`);
    assert.equal(first.body.active, undefined);
    assert.equal((await send('DELETE', `Patient/${body.id}`)).status, 204);
    const history = await send('GET', `Patient/${body.id}/_history`);
    const entries = history.body.entry as { request: { method: string }; response: { status: string } }[];
    assert.deepEqual(entries.map((each) => `${each.request.method} ${each.response.status}`), ['DELETE 204', 'PUT 200', 'POST 201']);
  });

  test('a deleted resource is gone with 410 and comes back by an update', async () => {
    const { body } = await send('POST', 'Patient', patient('Gone'));
    await send('DELETE', `Patient/${body.id}`);
    const read = await send('GET', `Patient/${body.id}`);
    assert.equal(read.status, 410);
    assert.equal(issuesOf(read.body)[0]?.code, 'deleted');
    assert.equal((await send('DELETE', `Patient/${body.id}`)).status, 204);
    const back = await send('PUT', `Patient/${body.id}`, { ...patient('Gone'), id: body.id });
    assert.equal(back.status, 201);
    assert.equal(back.headers.get('etag'), 'W/"3"');
  });

  test('a resource that others refer to cannot be deleted', async () => {
    const { body } = await send('POST', 'Patient', patient('Referred'));
    await send('POST', 'Encounter', { resourceType: 'Encounter', status: 'in-progress', class: { code: 'IMP' }, subject: { reference: `Patient/${body.id}` } });
    assert.equal((await send('DELETE', `Patient/${body.id}`)).status, 409);
  });

  test('a reference that leads nowhere is refused with 422', async () => {
    const refused = await send('POST', 'Encounter', { resourceType: 'Encounter', status: 'planned', class: { code: 'AMB' }, subject: { reference: 'Patient/nobody' } });
    assert.equal(refused.status, 422);
    assert.match(issuesOf(refused.body)[0]?.diagnostics ?? '', /Patient\/nobody/);
  });

  test('a client may choose the id by PUT, and the id in the body must be the same', async () => {
    assert.equal((await send('PUT', 'Patient/chosen-1', { ...patient('Chosen'), id: 'chosen-1' })).status, 201);
    assert.equal((await send('PUT', 'Patient/chosen-2', { ...patient('Chosen'), id: 'other' })).status, 400);
  });

  test('Prefer decides what a write answers', async () => {
    const minimal = await send('POST', 'Patient', patient('Minimal'), { Prefer: 'return=minimal' });
    assert.deepEqual(minimal.body, {});
    const told = await send('POST', 'Patient', patient('Told'), { Prefer: 'return=OperationOutcome' });
    assert.equal(told.body.resourceType, 'OperationOutcome');
  });

  const refusals: [title: string, method: string, path: string, body: unknown, headers: Record<string, string>, status: number][] = [
    ['an unknown resource type', 'GET', 'Starship/1', undefined, {}, 404],
    ['an unknown id', 'GET', 'Patient/absent', undefined, {}, 404],
    ['a version that never was', 'GET', 'Patient/absent/_history/7', undefined, {}, 404],
    ['a path outside the base', 'GET', 'Patient/absent/$everything', undefined, {}, 404],
    ['a body that is not JSON', 'POST', 'Patient', '{"resourceType":', {}, 400],
    ['a body of another type', 'POST', 'Patient', { resourceType: 'Location' }, {}, 400],
    ['a body that is no object', 'POST', 'Patient', '[]', {}, 400],
    ['XML', 'POST', 'Patient', '<Patient/>', { 'Content-Type': 'application/fhir+xml' }, 415],
    ['a wish for XML', 'GET', 'Patient', undefined, { Accept: 'application/fhir+xml' }, 406],
    ['a method without meaning here', 'PATCH', 'Patient/absent', undefined, {}, 405],
    ['an update of what is not there under If-Match', 'PUT', 'Patient/absent', { resourceType: 'Patient', id: 'absent' }, { 'If-Match': 'W/"1"' }, 412],
  ];
  for (const [title, method, path, body, headers, status] of refusals) {
    test(`${title} is answered with ${status} and an OperationOutcome`, async () => {
      const reply = await send(method, path, body, headers);
      assert.equal(reply.status, status);
      assert.equal(reply.body.resourceType, 'OperationOutcome');
    });
  }

  test('the CapabilityStatement lists every type with its search parameters and needs no token', async () => {
    const reply = await send('GET', 'metadata', undefined, { Authorization: '' });
    assert.equal(reply.status, 200);
    const [rest] = reply.body.rest as unknown as { resource: { type: string; searchParam: { name: string }[] }[]; interaction: { code: string }[] }[];
    assert.equal(rest?.resource.length, 12);
    assert.ok(rest?.resource.find((each) => each.type === 'DeviceUseStatement')?.searchParam.some((each) => each.name === 'patient'));
    assert.deepEqual(rest?.interaction.map((each) => each.code), ['transaction', 'batch']);
  });
});
