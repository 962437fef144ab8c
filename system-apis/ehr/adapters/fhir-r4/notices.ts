import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { EhrPort } from '../../port.ts';
import { searchToken, type FhirClient, type Resource } from './client.ts';
import { present, subjectOf } from './records.ts';
import { CommunicationShape, EncounterShape, fitting, type Encounter } from './shapes.ts';
import type { FhirSettings } from './settings.ts';

type NewNotice = Parameters<EhrPort['createNotice']>[0]['body'];

/**
 * A notice is a Communication under the platform's reference. It is created on the condition that there is none under
 * that reference yet, so that a repeat finds the first one whatever became of its answer.
 *
 * @source https://hl7.org/fhir/R4/communication.html; https://hl7.org/fhir/R4/http.html#ccreate
 */
export function noticeOperations(client: FhirClient, settings: FhirSettings, clock: Clock): Pick<EhrPort, 'createNotice'> {
  const { systems, baseUrl } = settings;

  return {
    async createNotice({ body }) {
      const encounter = body.encounterId === undefined ? undefined : await named(client, body.encounterId);
      const condition = new URLSearchParams({ identifier: searchToken(systems.notice, body.reference) }).toString();
      const { resource, isNew } = await client.createOnce('Communication', communication(body, encounter), condition);
      const found = fitting(CommunicationShape, resource);
      const says = [found.category?.[0]?.coding?.[0]?.code, found.payload?.[0]?.contentString];
      if (!isNew && (says[0] !== body.topic || says[1] !== body.text)) {
        throw new ApiError('conflict', 'Another notice has this reference.', { code: 'duplicate-notice' });
      }
      return { id: `Communication/${found.id}`, reference: body.reference, topic: body.topic, sentAt: found.sent ?? found.meta?.lastUpdated ?? clock.now().toISOString() };
    },
  };

  function communication(notice: NewNotice, encounter: Encounter | undefined): Resource {
    const { facility, department } = notice;
    const about = [
      ...(facility === undefined ? [] : [{ type: 'Organization', identifier: { system: systems.facility, value: facility } }]),
      ...(department === undefined ? [] : [{ type: 'Location', identifier: { system: systems.location, value: facility === undefined ? department : `${facility}-${department}` } }]),
    ];
    const patient = encounter && subjectOf(encounter, baseUrl);
    return {
      resourceType: 'Communication',
      identifier: [{ system: systems.notice, value: notice.reference }],
      status: 'completed',
      category: [{ coding: [{ system: systems.notice, code: notice.topic }] }],
      ...(encounter === undefined ? {} : { encounter: { reference: `Encounter/${encounter.id}` } }),
      ...(patient === undefined ? {} : { subject: { reference: `Patient/${patient}` } }),
      ...(about.length === 0 ? {} : { about }),
      sent: clock.now().toISOString(),
      payload: [{ contentString: notice.text }],
    };
  }
}

/** Named in a body, an unknown encounter is a refusal and not a wrong address. */
async function named(client: FhirClient, encounterId: string): Promise<Encounter> {
  try {
    return await present(client, EncounterShape, encounterId);
  } catch (error) {
    if (!(error instanceof ApiError) || error.kind !== 'not-found') throw error;
    throw new ApiError('refused', 'There is no such encounter.', { code: 'unknown-encounter', errors: [{ pointer: '/encounterId', detail: 'is no encounter of the EHR' }], cause: error });
  }
}
