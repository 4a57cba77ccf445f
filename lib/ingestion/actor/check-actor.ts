import type { CheckRead, Kind } from '../../airbyte/types.ts'
import type { Services } from '../../services.ts'
import { found, unlessUnknown, uuidAt } from '../known-id.ts'
import { actorAt, nounOf } from './read-actor.ts'

export interface CheckResult {
  status: 'succeeded' | 'failed'
  message?: string
}

const messageLength = 4_000

/** Has Airbyte try the connection. Takes as long as its connector needs to start. */
export const checkActor = async (
  services: Services,
  kind: Kind,
  id: string,
  signal: AbortSignal,
): Promise<CheckResult> => {
  const checking = services.airbyte.actors
    .check(kind, uuidAt(id, '/id', nounOf(kind)), signal)
    .catch(unlessUnknown(() => actorAt(services, kind, id, '/id', signal)))
  return resultOf(await found(checking, id, '/id', nounOf(kind)))
}

/** A check that could not run at all has no status; why, stands in its job. */
export const resultOf = ({ status, message, jobInfo }: CheckRead): CheckResult => {
  const isSucceeded = status === 'succeeded'
  const said =
    message ||
    (isSucceeded
      ? undefined
      : (jobInfo?.failureReason?.externalMessage ??
        'Airbyte could not run the check and gives no reason; its server log has it.'))
  return { status: isSucceeded ? 'succeeded' : 'failed', ...(said ? { message: said.slice(0, messageLength) } : {}) }
}
