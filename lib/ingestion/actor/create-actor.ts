import type { NewActor } from '../../airbyte/actors.ts'
import type { Actor, Json, Kind } from '../../airbyte/types.ts'
import { isAmbiguous } from '../../airbyte/upstream-error.ts'
import { IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import type { Adjustment } from '../config/complete-config.ts'
import { atConfig } from '../config/config-fault.ts'
import { maskSecrets } from '../config/mask-secrets.ts'
import type { DryRun } from '../dry-run.ts'
import { isUnfinished, type Pending, startOperation } from '../operation/operation.ts'
import { type CheckResult, checkActor } from './check-actor.ts'
import { type PlanActor, type PlannedActor, planActor } from './plan-actor.ts'
import { nounOf } from './read-actor.ts'

export interface CreateActor extends PlanActor {
  /** What to do when the workspace has one of that connector and name; absent = not to look. */
  ifExists?: 'fail' | 'return' | undefined
  /** Try the connection afterwards, and tell beside the answer. */
  check?: boolean | undefined
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
  /** It was there before, and was left as it is. */
  existing?: true
  check?: CheckResult | Pending
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
  const plan = await planActor(services, kind, input, signal)
  const twin = input.ifExists === undefined ? undefined : await twinOf(services, kind, plan, signal)
  if (twin && input.ifExists === 'fail')
    throw new IngestionError(
      'conflict',
      `There is a ${nounOf(kind)} ${JSON.stringify(twin.name)} of this connector already: ${twin.id}.`,
      { errors: [{ pointer: '/name', message: 'is taken' }], details: { id: twin.id } },
    )
  const actor = twin ?? (await plan.inWorkspace(create(services, kind, plan.actor, plan.specification, signal)))
  const check = input.check ? await checkOrGoOn(services, kind, actor.id, signal) : undefined
  return {
    ...created(actor, plan, services.now()),
    ...(twin ? { existing: true } : plan.adjusted.length > 0 ? { adjusted: [...plan.adjusted] } : {}),
    ...(check ? { check } : {}),
  }
}

/** What `createActor` would send, without sending it. */
export const dryCreateActor = async (
  services: Services,
  kind: Kind,
  input: PlanActor,
  signal: AbortSignal,
): Promise<DryRun> => {
  const { actor, adjusted, specification } = await planActor(services, kind, input, signal)
  return {
    dryRun: true,
    operation: `/${kind}s/create`,
    request: {
      workspaceId: actor.workspaceId,
      name: actor.name,
      [`${kind}DefinitionId`]: actor.definitionId,
      connectionConfiguration: maskSecrets(specification ?? {}, actor.configuration),
    },
    ...(adjusted.length > 0 ? { adjusted: [...adjusted] } : {}),
  }
}

const created = (actor: Actor, { type, specification, actor: sent }: PlannedActor, now: Date) => ({
  id: actor.id,
  name: actor.name,
  type,
  config: maskSecrets(
    specification ?? {},
    Object.keys(actor.configuration).length > 0 ? actor.configuration : sent.configuration,
  ),
  definitionId: sent.definitionId,
  workspaceId: actor.workspaceId,
  created: (actor.createdAtSeconds ? new Date(actor.createdAtSeconds * 1000) : now).toISOString(),
})

const twinOf = async (
  { airbyte }: Services,
  kind: Kind,
  { actor, inWorkspace }: PlannedActor,
  signal: AbortSignal,
): Promise<Actor | undefined> =>
  (await inWorkspace(airbyte.actors.list(kind, actor.workspaceId, signal))).find(
    (one) => one.name === actor.name && one.definitionId === actor.definitionId,
  )

/** The actor exists whatever the check does, so one that takes too long goes on by itself. */
const checkOrGoOn = async (
  services: Services,
  kind: Kind,
  id: string,
  signal: AbortSignal,
): Promise<CheckResult | Pending> => {
  try {
    return await checkActor(services, kind, id, signal)
  } catch (error) {
    const pending = isUnfinished(error) && (await startOperation(services, { kind: 'check', actor: kind, id }))
    if (pending) return pending
    return { status: 'failed', message: error instanceof IngestionError ? error.message : 'The check failed.' }
  }
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
    if (!isAmbiguous(error)) throw atConfig(error)
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

/** Equal text for equal JSON, whatever the order of keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
