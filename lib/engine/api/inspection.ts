import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import type { Stream } from '../../connectors/connector.ts'
import { faultText } from '../../errors.ts'
import type { Actor, ActorKind } from '../actor.ts'
import { configuredStream, proposedEntry } from '../catalog.ts'
import { connectorOf, sourceOf } from '../connectors.ts'
import type { FailureReason } from '../job.ts'
import { failureReason } from '../jobs/failure.ts'
import { redactor, secretsOf } from '../secrets.ts'
import type { Services } from '../services.ts'
import { proposedActor, requireActor } from './actors.ts'
import { type Operation, post } from './operation.ts'
import { synchronousJob } from './synchronous-job.ts'
import { id, jsonObject, optional, present } from './wire.ts'

/** As long as Airbyte lets a check or a discovery run. */
const inspectionTimeoutMs = 9 * 60_000

/** A source that hangs while it looks for what to warn of has passed the check all the same. */
const warningsTimeoutMs = 12_000

/** `check_connection`: asks the connector whether the configuration works. A connector that says no is a 200 too. */
export const checkOperation = (kind: ActorKind): Operation =>
  post(z.object({ [`${kind}Id`]: id }), (input, services) =>
    checked(requireActor(kind, String(input[`${kind}Id`]), services), services),
  )

/** `check_connection_for_update`: the same for a configuration that is not saved, masked secrets being those that are. */
export const checkForUpdateOperation = (kind: ActorKind): Operation =>
  post(
    z.object({ name: z.string(), connectionConfiguration: jsonObject }).and(z.object({ [`${kind}Id`]: id })),
    (input, services) => {
      const actor = requireActor(kind, String(input[`${kind}Id`]), services)
      return checked(proposedActor(actor, input.connectionConfiguration, services), services)
    },
  )

const checked = async (actor: Actor, services: Services) => {
  const { kind } = actor
  const connector = connectorOf(services.connectors, kind, actor.definitionId)
  const startedAt = new Date()
  const job = (failure?: FailureReason) =>
    synchronousJob(`check_connection_${kind}`, actor.definitionId, startedAt, failure)
  const redact = redactorOf(actor, services)
  try {
    const faults = await connector.check(connector.parseConfig(actor.configuration), deadline(services))
    if (faults.length > 0) {
      const message = faults.map(faultText).join('; ')
      return { status: 'failed', message: redact(message), jobInfo: job() }
    }
    const warnings = kind === 'source' ? await warningsOf(actor, services) : []
    const message = warnings.length > 0 ? redact(`Warning: ${warnings.join('; ')}`) : undefined
    return present({ status: 'succeeded', message, jobInfo: job() })
  } catch (error) {
    return { jobInfo: job(reason(error, actor, services)) }
  }
}

/** What the source says of the streams that its connections read incrementally. Whether it can, does not decide the check. */
const warningsOf = async (actor: Actor, services: Services): Promise<readonly string[]> => {
  const source = sourceOf(services.connectors, actor)
  const streams = services.store.connections
    .listOfActor(actor.id)
    .flatMap(({ catalog }) => catalog.map(configuredStream))
    .filter(({ syncMode }) => syncMode === 'incremental')
  if (!source.warnings || streams.length === 0) return []
  const signal = AbortSignal.any([services.closing, AbortSignal.timeout(warningsTimeoutMs)])
  try {
    return await source.warnings(source.parseConfig(actor.configuration), streams, signal)
  } catch (error) {
    reason(error, actor, services)
    return []
  }
}

/** `discover_schema`: always asks the source, and remembers the answer. A failed one is a 200 without a catalog. */
export const discoverOperation: Operation = post(
  z.object({ sourceId: id, connectionId: optional(id), disable_cache: optional(z.boolean()) }),
  async ({ sourceId }, services) => {
    const actor = requireActor('source', sourceId, services)
    const startedAt = new Date()
    try {
      const { catalogId, streams } = await discover(actor, services)
      return {
        catalog: { streams: streams.map((stream) => proposedEntry(stream, streams.length === 1)) },
        catalogId,
        breakingChange: false,
        jobInfo: synchronousJob('discover_schema', actor.definitionId, startedAt),
      }
    } catch (error) {
      const failure = reason(error, actor, services)
      return { jobInfo: synchronousJob('discover_schema', actor.definitionId, startedAt, failure) }
    }
  },
)

/** Asks the source for its streams and stores them as its newest catalog. Throws not_found when the source is gone then. */
export const discover = async (
  actor: Actor,
  services: Services,
): Promise<{ catalogId: string; streams: readonly Stream[] }> => {
  const source = sourceOf(services.connectors, actor)
  const streams = await source.discover(source.parseConfig(actor.configuration), deadline(services))
  // It may have been deleted meanwhile.
  requireActor('source', actor.id, services)
  return { catalogId: services.store.catalogs.save(actor.id, { id: randomUUID(), streams }), streams }
}

const deadline = ({ closing }: Services) => AbortSignal.any([closing, AbortSignal.timeout(inspectionTimeoutMs)])

const redactorOf = ({ kind, definitionId, configuration }: Actor, { connectors }: Services) =>
  redactor(secretsOf(configuration, connectorOf(connectors, kind, definitionId).connectionSpecification))

const reason = (error: unknown, actor: Actor, services: Services) => {
  const redact = redactorOf(actor, services)
  services.log.warn(`${actor.kind} inspection failed`, {
    actorId: actor.id,
    error: redact(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  })
  return failureReason(error, actor.kind, redact)
}
