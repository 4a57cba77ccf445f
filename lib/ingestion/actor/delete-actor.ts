import type { Kind } from '../../airbyte/types.ts'
import { IngestionError } from '../../errors.ts'
import type { Services } from '../../services.ts'
import { unlessGone } from '../known-id.ts'
import { actorAt, nounOf } from './read-actor.ts'

const namesShown = 10

/** Deletes a source or a destination. Airbyte deletes its connections too, so while it has any this has to be forced. */
export const deleteActor = async (
  services: Services,
  kind: Kind,
  { id, force }: { id: string; force: boolean },
  signal: AbortSignal,
): Promise<void> => {
  const { airbyte } = services
  const actor = await actorAt(services, kind, id, '/id', signal)
  if (!force) {
    const { connections } = await airbyte.client.listConnections({ workspaceId: actor.workspaceId }, signal)
    const users = connections.filter(
      (one) => (kind === 'source' ? one.sourceId : one.destinationId) === actor.id && one.status !== 'deprecated',
    )
    if (users.length > 0) {
      const names = users.slice(0, namesShown).map((one) => JSON.stringify(one.name))
      throw new IngestionError(
        'conflict',
        `The ${nounOf(kind)} ${JSON.stringify(actor.name)} is used by ${users.length} ingestion${users.length === 1 ? '' : 's'}: ${names.join(', ')}${users.length > names.length ? ', …' : ''}. Delete them first, or ask again with ?force=true to delete them with it.`,
        { details: { ingestions: users.map((one) => ({ id: one.connectionId, name: one.name })) } },
      )
    }
  }
  await airbyte.actors.remove(kind, actor.id, signal).catch(unlessGone)
}
