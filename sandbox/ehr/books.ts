import { SYSTEMS } from './hospital-record.ts';
import type { Database } from './store.ts';

/** A use of a device or supply as the EHR holds it. */
export interface RecordedUse {
  /** Id of the DeviceUseStatement or SupplyDelivery. */
  id: string;
  kind: 'device' | 'supply';
  status: string;
  /** Code in the EHR's supply dictionary. */
  item: string | null;
  gtin: string | null;
  quantity: number;
  lot: string | null;
  serial: string | null;
  expiresOn: string | null;
  patient: string | null;
  procedure: string | null;
  /** Value of the Location's identifier: `MAIN-CATHLAB`. */
  location: string | null;
  costCentre: string | null;
  /** When it was used, as recorded. */
  usedAt: string | null;
  lastUpdated: Date;
}

/** A Communication that another system wrote into the record, such as the note of a substitution. */
export interface ReceivedCommunication {
  id: string;
  identifiers: readonly { system: string | null; value: string }[];
  status: string;
  categories: readonly string[];
  about: readonly string[];
  patient: string | null;
  text: string | null;
  sent: string | null;
  lastUpdated: Date;
}

/** Somebody under a person id of the hospital. */
export interface RecordedClinician {
  person: string;
  npi: string | null;
  family: string | null;
  isActive: boolean;
  /** As `MAIN-CATHLAB nurse`, ended ones left out. */
  roles: readonly string[];
  /** How many PractitionerRoles there are of the person, ended ones included. */
  everHeld: number;
}

export interface Hl7Books {
  sent: number;
  accepted: number;
  refused: number;
  waiting: number;
  attempts: number;
}

/** All uses in the record, deleted ones left out, oldest first. */
export async function recordedUses(database: Database): Promise<RecordedUse[]> {
  const { rows } = await database.query<RecordedUse>(`
    with used as (
      select s.id, 'device' as kind, s.content->>'status' as status, d.content as device, d.content->'type' as concept, 1 as quantity,
        s.content#>>'{subject,reference}' as patient, s.content#>>'{derivedFrom,0,reference}' as procedure,
        jsonb_path_query_first(s.content, '$.extension[*] ? (@.url == "http://hl7.org/fhir/StructureDefinition/event-location").valueReference.reference') #>> '{}' as place,
        s.content->>'timingDateTime' as used_at, s.last_updated, s.sequence
      from ehr.resource s
      join ehr.resource d on d.type = 'Device' and d.id = split_part(s.content#>>'{device,reference}', '/', 2)
      where s.type = 'DeviceUseStatement' and not s.deleted
      union all
      select s.id, 'supply', s.content->>'status', null, s.content#>'{suppliedItem,itemCodeableConcept}', (s.content#>>'{suppliedItem,quantity,value}')::numeric,
        s.content#>>'{patient,reference}',
        jsonb_path_query_first(s.content, '$.extension[*] ? (@.url == "http://hl7.org/fhir/StructureDefinition/event-partOf").valueReference.reference') #>> '{}',
        s.content#>>'{destination,reference}', s.content->>'occurrenceDateTime', s.last_updated, s.sequence
      from ehr.resource s where s.type = 'SupplyDelivery' and not s.deleted
    )
    select used.id, used.kind, used.status,
      jsonb_path_query_first(concept, '$.coding[*] ? (@.system == $system).code', jsonb_build_object('system', $1::text)) #>> '{}' as item,
      coalesce(device#>>'{udiCarrier,0,deviceIdentifier}',
        jsonb_path_query_first(concept, '$.coding[*] ? (@.system == "https://www.gs1.org/gtin").code') #>> '{}') as gtin,
      quantity::float8 as quantity, device->>'lotNumber' as lot, device->>'serialNumber' as serial, device->>'expirationDate' as "expiresOn",
      split_part(patient, '/', 2) as patient, split_part(procedure, '/', 2) as procedure,
      jsonb_path_query_first(l.content, '$.identifier[*] ? (@.system == $system).value', jsonb_build_object('system', $2::text)) #>> '{}' as location,
      jsonb_path_query_first(l.content, '$.identifier[*] ? (@.system == $system).value', jsonb_build_object('system', $3::text)) #>> '{}' as "costCentre",
      used_at as "usedAt", used.last_updated as "lastUpdated"
    from used left join ehr.resource l on l.type = 'Location' and l.id = split_part(used.place, '/', 2)
    order by used.sequence`, [SYSTEMS.item, SYSTEMS.location, SYSTEMS.costCentre]);
  return rows;
}

/** Practitioners with a person id of the hospital, by that id. */
export async function recordedClinicians(database: Database): Promise<RecordedClinician[]> {
  const { rows } = await database.query<RecordedClinician>(`
    select * from (
      select jsonb_path_query_first(p.content, '$.identifier[*] ? (@.system == $system).value', jsonb_build_object('system', $1::text)) #>> '{}' as person,
        jsonb_path_query_first(p.content, '$.identifier[*] ? (@.system == $system).value', jsonb_build_object('system', $2::text)) #>> '{}' as npi,
        p.content#>>'{name,0,family}' as family, coalesce((p.content->>'active')::boolean, true) as "isActive",
        coalesce(array_agg(place.name || ' ' || code.name order by place.name, code.name) filter (where coalesce((r.content->>'active')::boolean, true)), '{}') as roles,
        count(distinct r.id)::integer as "everHeld"
      from ehr.resource p
      left join ehr.resource r on r.type = 'PractitionerRole' and not r.deleted and r.content#>>'{practitioner,reference}' = 'Practitioner/' || p.id
      left join ehr.resource l on l.type = 'Location' and l.id = split_part(r.content#>>'{location,0,reference}', '/', 2)
      left join lateral (select jsonb_path_query_first(l.content, '$.identifier[*] ? (@.system == $system).value', jsonb_build_object('system', $3::text)) #>> '{}' as name) place on true
      left join lateral (select jsonb_path_query_first(r.content, '$.code[*].coding[*].code') #>> '{}' as name) code on true
      where p.type = 'Practitioner' and not p.deleted
      group by p.id, p.content
    ) clinicians where person is not null order by person`, [SYSTEMS.person, SYSTEMS.npi, SYSTEMS.location]);
  return rows;
}

/** Communications in the record, oldest first. */
export async function receivedCommunications(database: Database): Promise<ReceivedCommunication[]> {
  const { rows } = await database.query<ReceivedCommunication>(`
    select id, content->>'status' as status,
      coalesce((select jsonb_agg(jsonb_build_object('system', each->>'system', 'value', each->>'value')) from jsonb_array_elements(content->'identifier') each), '[]') as identifiers,
      coalesce(jsonb_path_query_array(content, '$.category[*].coding[*].code'), '[]') as categories,
      coalesce(jsonb_path_query_array(content, '$.about[*].reference'), '[]') as about,
      split_part(content#>>'{subject,reference}', '/', 2) as patient, content#>>'{payload,0,contentString}' as text, content->>'sent' as sent,
      last_updated as "lastUpdated"
    from ehr.resource where type = 'Communication' and not deleted order by sequence`);
  return rows;
}

export async function hl7Books(database: Database): Promise<Hl7Books> {
  const { rows } = await database.query<Hl7Books>(`
    select count(*)::integer as sent, count(*) filter (where state = 'accepted')::integer as accepted, count(*) filter (where state = 'refused')::integer as refused,
      count(*) filter (where state = 'waiting')::integer as waiting, coalesce(sum(attempts), 0)::integer as attempts
    from ehr.hl7_sent`);
  return rows[0] ?? { sent: 0, accepted: 0, refused: 0, waiting: 0, attempts: 0 };
}
