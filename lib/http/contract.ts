import * as z from 'zod'
import { type Fault, IngestionError } from '../errors.ts'
import type { Operation } from '../ingestion/operation/operation.ts'
import type { Services } from '../services.ts'
import { pointerOf } from './pointer.ts'
import type { Reply } from './reply.ts'

/** What a route promises, for checking requests and for describing itself. */
export interface Contract {
  summary: string
  path?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  /** The body may be missing, and its content type with it. */
  bodyOptional?: true
  status: 200 | 201 | 202 | 204
  answer: z.ZodType
  /** Other answers than that, by status: a dry run, what was there already, work that goes on without the request. */
  also?: Readonly<Partial<Record<200 | 201 | 202, z.ZodType>>>
  /** The Location header of an answer. */
  location?: (answer: never) => string
}

type Parsed<C, Part extends string> = C extends { [P in Part]: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined

/** The parsed request. `signal` is aborted when there is no time left to answer. */
export interface Call<C> {
  path: Parsed<C, 'path'>
  query: Parsed<C, 'query'>
  body: Parsed<C, 'body'>
  /** Names the request for good: its repetition brings the same one. */
  key?: readonly string[]
  signal: AbortSignal
}

export interface Endpoint {
  contract: Contract
  run(services: Services, call: Call<Contract>): Promise<unknown>
  /** The same work, to be done where there is more time; undefined for a call that cannot be. */
  later?(call: Call<Contract>, error: unknown): Operation | undefined
}

/** A contract and what fulfils it; `later` where that may take longer than a request has. */
export const endpoint = <C extends Contract>(
  contract: C,
  run: (services: Services, call: Call<C>) => Promise<z.input<C['answer']> | Reply>,
  later?: (call: Call<C>, error: unknown) => Operation | undefined,
): Endpoint => ({
  contract,
  run: run as unknown as Endpoint['run'],
  ...(later ? { later: later as unknown as NonNullable<Endpoint['later']> } : {}),
})

export interface RawRequest {
  path: unknown
  query: unknown
  body: unknown
}

/** Checks all parts of a request; throws one invalid_input with a pointer for each fault. */
export const parseRequest = (contract: Contract, raw: RawRequest): Omit<Call<Contract>, 'signal'> => {
  const faults: Fault[] = []
  const parse = (schema: z.ZodType | undefined, value: unknown): unknown => {
    if (!schema) return undefined
    const result = schema.safeParse(value)
    if (result.success) return result.data
    for (const issue of result.error.issues) for (const fault of faultsOf(issue, value)) faults.push(fault)
    return undefined
  }
  const path = parse(contract.path, raw.path)
  const query = parse(contract.query ?? z.strictObject({}), raw.query)
  const body =
    raw.body === undefined && contract.bodyOptional ? parse(contract.body, {}) : parse(contract.body, raw.body)
  if (faults.length > 0) throw invalidInput(faults)
  return { path, query, body } as Omit<Call<Contract>, 'signal'>
}

/** An answer names this many faults; of ten thousand wrong streams the rest are alike. */
const toldFaults = 100

export const invalidInput = (faults: readonly Fault[]): IngestionError => {
  const told = faults.slice(0, toldFaults)
  const rest = faults.length > told.length ? `, the first ${told.length} in errors` : ', see errors'
  return new IngestionError(
    'invalid_input',
    faults.length === 1
      ? `${faults[0]?.pointer || 'The body'}: ${faults[0]?.message}`
      : `${faults.length} faults${rest}.`,
    { errors: told },
  )
}

/** `value`: what was parsed. */
export const faultsOf = (issue: z.core.$ZodIssue, value: unknown): readonly Fault[] => {
  const at = issue.path.map(String)
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: pointerOf([...at, key]), message: 'is not a known field' }))
  const message = plain(issue.message)
  // A text where an object should be may be a whole connection string.
  const isShown = message.startsWith('must be') && message !== 'must be an object'
  const found = isShown ? shown(at.reduce<unknown>(memberOf, value)) : undefined
  return [{ pointer: pointerOf(at), message: found === undefined ? message : `${message}, not ${found}` }]
}

/** zod's words for types and limits, as one says them of a field. */
const words: readonly (readonly [zod: RegExp, ours: string])[] = [
  [/^.* received undefined$/, 'is required'],
  [/^Invalid input: expected (?:record|object), received .*$/, 'must be an object'],
  [/^Invalid input: expected array, received .*$/, 'must be a list'],
  [/^Invalid input: expected string, received .*$/, 'must be text'],
  [/^Invalid input: expected int, received .*$/, 'must be a whole number'],
  [/^Invalid input: expected number, received .*$/, 'must be a number'],
  [/^Invalid input: expected boolean, received .*$/, 'must be true or false'],
  [/^Too small: expected (?:number|int) to be >=?(.*)$/, 'must be at least $1'],
  [/^Too big: expected (?:number|int) to be <=?(.*)$/, 'must be at most $1'],
  [/^Too small: expected \w+ to have >=1 .*$/, 'must not be empty'],
  [/^Too small: expected \w+ to have >=(.*)$/, 'must have at least $1'],
  [/^Too big: expected \w+ to have <=(.*)$/, 'must have at most $1'],
  [/^Invalid (?:input|option): expected /, 'must be '],
]

const plain = (message: string): string =>
  words
    .reduce((text, [zod, ours]) => (text === message ? text.replace(zod, ours) : text), message)
    .replaceAll('"|"', '", "')

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined

const shownLength = 40

/** The value that was found, when it is a short one. Configurations are not looked into here, so that it is no secret. */
const shown = (value: unknown): string | undefined => {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value.length <= shownLength ? JSON.stringify(value) : undefined
}
