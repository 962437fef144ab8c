import { ApiError } from '#chassis/errors/failures.ts';
import type { Clock } from '#chassis/time/clock.ts';
import type { Use, UseChange } from '../../port.ts';
import type { FhirClient, Resource } from './client.ts';
import { deviceUse, supplyUse, TroubledUse, type Surroundings } from './mapping.ts';
import type { Places } from './places.ts';
import { idOf, targetOf } from './references.ts';
import {
  DeviceShape, DeviceUseShape, faultsIn, fitting, placesOf, ProcedureShape, RecordedShape, SupplyDeliveryShape,
  type Device, type DeviceUse, type Procedure, type Recorded, type Shape, type SupplyDelivery,
} from './shapes.ts';
import type { FhirSettings } from './settings.ts';

/** Turns the resources of uses, with what they refer to, into uses. */
export interface UseReader {
  /** @param included resources that came along, to save asking for them */
  understand(recorded: readonly Resource[], included: readonly Resource[]): Promise<UseChange[]>;
  /** @throws ApiError upstream-broken for a use that cannot be told */
  present(resource: Resource): Promise<Use>;
}

type UseResource = DeviceUse | SupplyDelivery;

const EXTENSION = 'http://hl7.org/fhir/StructureDefinition';
const SHAPES: Readonly<Record<string, Shape<UseResource>>> = { DeviceUseStatement: DeviceUseShape, SupplyDelivery: SupplyDeliveryShape };

/**
 * R4 has no element for the procedure of a SupplyDelivery nor for the place of a DeviceUseStatement; the standard
 * extensions event-partOf and event-location name them.
 *
 * @source https://hl7.org/fhir/R4/extension-event-partof.html, https://hl7.org/fhir/R4/extension-event-location.html
 */
interface Links {
  procedure: string | undefined;
  location: string | undefined;
  device: string | undefined;
}

export function createUseReader(client: FhirClient, places: Places, settings: FhirSettings, clock: Clock): UseReader {
  const { baseUrl } = settings;

  function linksOf(use: UseResource): Links {
    const extension = (name: string) => use.extension?.find((each) => each.url === `${EXTENSION}/${name}`)?.valueReference;
    if (use.resourceType === 'SupplyDelivery') {
      return {
        procedure: idOf('Procedure', baseUrl, extension('event-partOf')),
        location: idOf('Location', baseUrl, use.destination, extension('event-location')),
        device: idOf('Device', baseUrl, use.suppliedItem?.itemReference),
      };
    }
    return {
      procedure: idOf('Procedure', baseUrl, ...(use.derivedFrom ?? []), ...(use.reasonReference ?? []), extension('event-partOf')),
      location: idOf('Location', baseUrl, extension('event-location')),
      device: idOf('Device', baseUrl, use.device),
    };
  }

  /** Asks for all that these uses refer to at once; what comes back reads one of them. */
  async function lookUp(recorded: readonly Resource[], included: readonly Resource[]): Promise<(resource: Resource) => Use> {
    const links = recorded.flatMap((resource) => {
      const use = readable(resource);
      return use instanceof TroubledUse ? [] : [linksOf(use)];
    });
    const devices = new Map(included.flatMap((each) => (each.resourceType === 'Device' && typeof each['id'] === 'string' ? [[each['id'], each] as const] : [])));
    const [procedures, otherDevices] = await Promise.all([
      client.readMany('Procedure', links.flatMap((each) => each.procedure ?? [])),
      client.readMany('Device', links.flatMap((each) => (each.device !== undefined && !devices.has(each.device) ? [each.device] : []))),
    ]);
    for (const [id, device] of otherDevices) devices.set(id, device);
    const ofProcedures = [...procedures.values()].filter((each) => faultsIn(ProcedureShape, each).length === 0);
    await places.learn([...links.flatMap((each) => each.location ?? []), ...ofProcedures.flatMap((each) => idOf('Location', baseUrl, (each as unknown as Procedure).location) ?? [])]);

    return (resource) => {
      const use = readable(resource);
      if (use instanceof TroubledUse) throw use;
      const { procedure, location, device } = linksOf(use);
      const where = whereOf(use, among(procedures, ProcedureShape, procedure), location);
      const used = among(devices, DeviceShape, device) ?? contained(use);
      const year = clock.now().getUTCFullYear();
      if (use.resourceType === 'SupplyDelivery') return supplyUse(use, used, where, settings, year);
      if (!used) throw new TroubledUse('unresolved-reference', 'DeviceUseStatement.device leads to no Device of this record');
      return deviceUse(use, used, where, settings, year);
    };
  }

  function whereOf(use: UseResource, procedure: Procedure | undefined, location: string | undefined): Surroundings {
    const place = location ?? idOf('Location', baseUrl, procedure?.location);
    const at = place === undefined ? undefined : places.at(place);
    if (place !== undefined && !at) throw new TroubledUse('unresolved-reference', `the place of the ${use.resourceType} is no Location of this record`);
    return { encounterId: targetOf(procedure?.encounter, baseUrl)?.id, ...at };
  }

  return {
    async understand(recorded, included) {
      if (recorded.length === 0) return [];
      const read = await lookUp(recorded, included);
      return recorded.map((resource) => changeOf(resource, read));
    },
    async present(resource) {
      const read = await lookUp([resource], []);
      try {
        return read(resource);
      } catch (error) {
        if (!(error instanceof TroubledUse)) throw error;
        throw new ApiError('upstream-broken', `This use cannot be told: ${error.message}.`, { code: error.code, cause: error });
      }
    },
  };
}

function readable(resource: Resource): UseResource | TroubledUse {
  const shape = SHAPES[resource.resourceType];
  const faults = shape ? faultsIn(shape, resource) : [];
  if (!shape || faults.length > 0) return new TroubledUse('vendor-answer-invalid', `the ${shape?.name ?? 'resource'} is not valid at ${placesOf(faults)}`);
  return resource as unknown as UseResource;
}

function contained(use: UseResource): Device | undefined {
  const reference = use.resourceType === 'SupplyDelivery' ? use.suppliedItem?.itemReference : use.device;
  const device = use.contained?.find((each) => each.resourceType === 'Device' && reference?.reference === `#${each.id}`);
  return device && faultsIn(DeviceShape, device).length === 0 ? (device as Device) : undefined;
}

function among<T>(resources: ReadonlyMap<string, Resource>, shape: Shape<T>, id: string | undefined): T | undefined {
  if (id === undefined) return undefined;
  const resource = resources.get(id);
  if (!resource) throw new TroubledUse('unresolved-reference', `a reference to a ${shape.name} leads nowhere`);
  const faults = faultsIn(shape, resource);
  if (faults.length > 0) throw new TroubledUse('vendor-answer-invalid', `the ${shape.name} is not valid at ${placesOf(faults)}`);
  return resource as T;
}

function changeOf(resource: Resource, read: (resource: Resource) => Use): UseChange {
  const { id, meta, status } = recordedOf(resource);
  const change = { useId: `${resource.resourceType}/${id}`, version: versionOf(resource) };
  // To withdraw it nothing more of it needs to be understood.
  if (status === 'entered-in-error') return { ...change, state: 'withdrawn', withdrawnAt: meta.lastUpdated };
  try {
    return { ...change, state: 'understood', use: read(resource) };
  } catch (error) {
    if (!(error instanceof TroubledUse)) throw error;
    return { ...change, state: 'troubled', code: error.code, detail: error.message };
  }
}

/** Servers need not count versions; the time of the last change tells one from the next as well. */
export function versionOf(resource: Resource): string {
  const { meta } = recordedOf(resource);
  return meta.versionId ?? meta.lastUpdated;
}

/** @throws ApiError upstream-broken without what even an odd use must have to be told from others */
export function recordedOf(resource: Resource): Recorded {
  return fitting(RecordedShape, resource);
}
