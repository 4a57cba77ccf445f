import type { NewActor } from '../../airbyte/actors.ts'
import { typeName } from '../../airbyte/resolve-type.ts'
import type { Json, Kind } from '../../airbyte/types.ts'
import { IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import type { Adjustment } from '../config/complete-config.ts'
import { fitConfig } from '../config/fit-config.ts'
import { resolveReferences } from '../config/ssm-references.ts'
import { found } from '../known-id.ts'
import { workspaceOf } from './list-actors.ts'

export interface PlanActor {
  name: string
  type: string
  config: Json
  workspaceId?: string | undefined
}

export interface PlannedActor {
  actor: NewActor
  /** The word that names the connector. */
  type: string
  /** Undefined where Airbyte cannot get it. */
  specification: Json | undefined
  adjusted: readonly Adjustment[]
  /** Blames the part of the request, or the setting, that named the workspace when Airbyte does not know it. */
  inWorkspace<Answer>(lookUp: Promise<Answer>): Promise<Answer>
}

/** What to create: workspace, connector and configuration settled and checked, nothing sent yet. */
export const planActor = async (
  services: Services,
  kind: Kind,
  input: PlanActor,
  signal: AbortSignal,
): Promise<PlannedActor> => {
  const { airbyte } = services
  const named = input.workspaceId
  const workspaceId = await workspaceOf(services, named, signal)
  const inWorkspace = <Answer>(lookUp: Promise<Answer>) =>
    named === undefined
      ? lookUp.catch(configuredWorkspace(workspaceId))
      : found(lookUp, named, '/workspaceId', 'workspace')

  const definition = await inWorkspace(airbyte.definitions.resolve(kind, input.type, workspaceId, signal))
  const { definitionId } = definition
  const { connectionSpecification: specification } = await inWorkspace(
    airbyte.specification(kind, definitionId, workspaceId, signal),
  )
  const { config: configuration, adjusted } = await fitConfig(
    specification,
    await resolveReferences(services, specification, input.config, signal),
  )
  return {
    actor: { workspaceId, name: input.name, definitionId, configuration },
    type: typeName(kind, definition),
    specification,
    adjusted,
    inWorkspace,
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
