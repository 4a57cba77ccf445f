import type { Json, Kind } from '../../airbyte/types.ts'
import type { Services } from '../../services.ts'
import { type Adjustment, inOwnNames } from '../config/complete-config.ts'
import { atConfig } from '../config/config-fault.ts'
import { fitConfig } from '../config/fit-config.ts'
import { maskSecrets } from '../config/mask-secrets.ts'
import { mergePatch } from '../config/merge-patch.ts'
import { resolveReferences } from '../config/ssm-references.ts'
import type { DryRun } from '../dry-run.ts'
import { found } from '../known-id.ts'
import { type ActorRead, actorAt, nounOf, shownActor } from './read-actor.ts'

export interface UpdateActor {
  id: string
  name?: string | undefined
  /** A JSON Merge Patch. A secret that is left out, or sent as its mask, stays. */
  config?: Json | undefined
}

export type UpdatedActor = ActorRead & { adjusted?: Adjustment[] }

/** Changes the name, the configuration, or both. */
export const updateActor = async (
  services: Services,
  kind: Kind,
  input: UpdateActor,
  signal: AbortSignal,
): Promise<UpdatedActor> => {
  const { update, adjusted } = await planned(services, kind, input, signal)
  const changed = await found(
    services.airbyte.actors.update(kind, update, signal).catch((error: unknown) => {
      throw atConfig(error)
    }),
    input.id,
    '/id',
    nounOf(kind),
  )
  return { ...(await shownActor(services, changed, signal)), ...(adjusted.length > 0 ? { adjusted } : {}) }
}

/** What `updateActor` would send, without sending it. */
export const dryUpdateActor = async (
  services: Services,
  kind: Kind,
  input: UpdateActor,
  signal: AbortSignal,
): Promise<DryRun> => {
  const { update, adjusted, specification } = await planned(services, kind, input, signal)
  return {
    dryRun: true,
    operation: `/${kind}s/update`,
    request: {
      [`${kind}Id`]: update.id,
      name: update.name,
      connectionConfiguration: maskSecrets(specification ?? {}, update.configuration),
    },
    ...(adjusted.length > 0 ? { adjusted } : {}),
  }
}

const planned = async (services: Services, kind: Kind, input: UpdateActor, signal: AbortSignal) => {
  const actor = await actorAt(services, kind, input.id, '/id', signal)
  const update = { id: actor.id, name: input.name ?? actor.name, configuration: actor.configuration }
  if (input.config === undefined) return { update, adjusted: [], specification: undefined }
  const { connectionSpecification: specification } = await services.airbyte.specification(
    kind,
    actor.definitionId,
    actor.workspaceId,
    signal,
  )
  const resolved = await resolveReferences(services, specification, input.config, signal)
  const renamed = specification ? inOwnNames(specification, resolved) : { config: resolved, adjusted: [] }
  const { config, adjusted } = await fitConfig(
    specification,
    mergePatch(actor.configuration, renamed.config),
    actor.configuration,
  )
  return { update: { ...update, configuration: config }, adjusted: [...renamed.adjusted, ...adjusted], specification }
}
