import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { schemaCompiler } from '#chassis/contract/schemas.ts';
import { ApiError } from '#chassis/errors/failures.ts';

/** The part of an answer that is read, and the check that it is there. */
export type Reader<T> = (answer: unknown) => T;

const compile = schemaCompiler({});

function reader<S extends TSchema>(schema: S): Reader<Static<S>> {
  const check = compile(schema);
  return (answer) => {
    const [fault] = check(answer);
    // Names the place and quotes nothing of the answer.
    if (fault) throw new ApiError('upstream-broken', `The planning answered in an unexpected form at ${fault.pointer || '/'}.`, { code: 'vendor-answer-invalid' });
    return answer as Static<S>;
  };
}

const Named = Type.Object({ qualifier: Type.String() });
const Id = Type.Integer({ minimum: 0 });
const LocalTime = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d' });

const Person = Type.Object({
  personInformation: Type.Object({ person: Type.Object({ personId: Id, personNumber: Type.String() }) }),
  jobAssignment: Type.Object({ jobTransferEntries: Type.Array(Type.Object({ orgPath: Type.String() })) }),
});

const Shift = Type.Object({
  id: Id, version: Type.Integer(), startDateTime: LocalTime, endDateTime: LocalTime, orgJob: Named, skill: Named,
  employee: Type.Optional(Type.Object({ id: Id, qualifier: Type.String() })),
  comments: Type.Optional(Type.Array(Type.Object({ comment: Named, notes: Type.Optional(Type.Array(Type.Object({ text: Type.String() }))) }))),
});
export type UkgPerson = Static<typeof Person>;
export type UkgShift = Static<typeof Shift>;

export const tokenAnswer = reader(Type.Object({ access_token: Type.String({ minLength: 1 }), expires_in: Type.Optional(Type.Number({ minimum: 0 })) }));
export const personAnswer = reader(Person);
export const personsAnswer = reader(Type.Object({ totalElements: Type.Integer(), records: Type.Array(Person) }));
export const skillsAnswer = reader(Type.Array(Type.Object({ employee: Type.Object({ id: Id }), skills: Type.Array(Named) })));
export const shiftAnswer = reader(Shift);
export const shiftsAnswer = reader(Type.Object({ totalElements: Type.Integer(), shifts: Type.Array(Shift) }));
export const updatesAnswer = reader(Type.Object({ results: Type.Array(Type.Object({ id: Id, success: Type.Boolean(), error: Type.Optional(Type.Object({ errorCode: Type.String() })) })) }));
export const nothing: Reader<undefined> = () => undefined;
