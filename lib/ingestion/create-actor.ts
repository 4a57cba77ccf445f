import type { NewActor } from '../airbyte/actors.ts'
import { typeName } from '../airbyte/resolve-type.ts'
import type { Actor, Json, Kind, Specification } from '../airbyte/types.ts'
import { isAmbiguous, upstreamFailure } from '../airbyte/upstream-error.ts'
import { IngestionError } from '../errors.ts'
import type { Services } from '../services.ts'
import { checkConfig } from './check-config.ts'
import { type Adjustment, completeConfig } from './complete-config.ts'
import { found, uuidAt } from './known-id.ts'
import { maskSecrets } from './mask-secrets.ts'

export interface CreateActor {
  name: string
  type: string
  config: Json
  workspaceId?: string | undefined
}

export interface CreatedActor {
  id: string
  name: string
  type: string
  /** Secrets masked. */
  config: Record<string, unknown>
  definitionId: string
  workspaceId: string
  created: string
  adjusted?: Adjustment[]
}

/** What a look at the workspace gets when the request's own time is spent. */
const lookMs = 2_500
/** Clocks of Airbyte and of this function may differ by so much. */
const skewSeconds = 60

/** Registers a source or a destination. The configuration is completed and checked against the connector's own specification before it is sent. */
export const createActor = async (
  services: Services,
  kind: Kind,
  input: CreateActor,
  signal: AbortSignal,
): Promise<CreatedActor> => {
  const { airbyte, now } = services
  const named = input.workspaceId
  const workspaceId =
    named === undefined ? await airbyte.workspaceId(signal) : uuidAt(named, '/workspaceId', 'workspace')
  const inWorkspace = <Answer>(lookUp: Promise<Answer>) =>
    named === undefined
      ? lookUp.catch(configuredWorkspace(workspaceId))
      : found(lookUp, named, '/workspaceId', 'workspace')

  const definition = await inWorkspace(airbyte.definitions.resolve(kind, input.type, workspaceId, signal))
  const { connectionSpecification } = await inWorkspace(
    airbyte.specification(kind, definition.definitionId, workspaceId, signal),
  )
  const { config, adjusted } = await fittingConfig(connectionSpecification, input.config)
  const actor = await inWorkspace(
    create(
      services,
      kind,
      { workspaceId, name: input.name, definitionId: definition.definitionId, configuration: config },
      connectionSpecification,
      signal,
    ),
  )
  return {
    id: actor.id,
    name: actor.name,
    type: typeName(kind, definition),
    config: maskSecrets(
      connectionSpecification ?? {},
      Object.keys(actor.configuration).length > 0 ? actor.configuration : config,
    ),
    definitionId: definition.definitionId,
    workspaceId: actor.workspaceId,
    created: actor.createdAtSeconds ? new Date(actor.createdAtSeconds * 1000).toISOString() : now().toISOString(),
    ...(adjusted.length > 0 ? { adjusted: [...adjusted] } : {}),
  }
}

/** Nobody named it in the request, so it is the setting that names nothing. */
const configuredWorkspace = (workspaceId: string) => {
  return (error: unknown): never => {
    if (error instanceof IngestionError && error.code === 'not_found')
      throw new IngestionError(
        'not_configured',
        `Airbyte knows no workspace ${workspaceId}. Check the SSM parameter workspace-id (or AIRBYTE_WORKSPACE_ID).`,
        { cause: error.cause },
      )
    throw error
  }
}

const fittingConfig = async (specification: Specification['connectionSpecification'] | undefined, sent: Json) => {
  // A connector that Airbyte cannot get the specification of is Airbyte's to judge.
  if (!specification) return { config: sent, adjusted: [] }
  const completed = completeConfig(specification, sent)
  const faults = await checkConfig(specification, completed.config)
  if (faults.length > 0)
    throw new IngestionError(
      'invalid_input',
      faults.length === 1
        ? `The configuration does not fit the connector: ${faults[0]?.pointer} ${faults[0]?.message}.`
        : `The configuration does not fit the connector: ${faults.length} faults, see errors.`,
      { errors: faults },
    )
  return completed
}

/** Creates once: when the answer got lost, the one that may have been made is looked for instead of making a second. */
const create = async (
  { airbyte, now }: Services,
  kind: Kind,
  actor: NewActor,
  specification: Json | undefined,
  signal: AbortSignal,
): Promise<Actor> => {
  const askedAtSeconds = now().getTime() / 1000
  try {
    return await airbyte.actors.create(kind, actor, signal)
  } catch (error) {
    if (upstreamFailure(error)?.status === 422 || upstreamFailure(error)?.status === 400) throw atConfig(error)
    if (!isAmbiguous(error)) throw error
    const wanted = canonical(maskSecrets(specification ?? {}, actor.configuration))
    const listed = await airbyte.actors
      .list(kind, actor.workspaceId, AbortSignal.timeout(lookMs))
      .catch((): readonly Actor[] => [])
    const made = listed.find(
      (one) =>
        one.name === actor.name &&
        one.definitionId === actor.definitionId &&
        (one.createdAtSeconds ?? askedAtSeconds) >= askedAtSeconds - skewSeconds &&
        canonical(maskSecrets(specification ?? {}, one.configuration)) === wanted,
    )
    if (made) return made
    throw new IngestionError(
      'outcome_unknown',
      `Airbyte did not say whether the ${kind} "${actor.name}" was made, and it is not to be found now. Look for it before creating it again.`,
      { cause: (error as IngestionError).cause },
    )
  }
}

const atConfig = (error: unknown): unknown =>
  error instanceof IngestionError
    ? new IngestionError('invalid_input', error.message, {
        errors: [{ pointer: '/config', message: error.message }],
        cause: error.cause,
      })
    : error

/** Equal text for equal JSON, whatever the order of keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
