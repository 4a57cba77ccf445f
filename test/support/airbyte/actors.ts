import { randomUUID } from 'node:crypto'
import { Ajv } from 'ajv'
import { connectors } from './connectors.ts'
import { type Body, definitionOf, inWorkspace, type Memory, mask, type Operation, Refusal } from './memory.ts'
import type { Profile } from './profile.ts'

/** Definitions, specifications, and what is made of them: the same for both kinds but for the names. */
export const actorOperations = (
  profile: Profile,
  memory: Memory,
  kind: 'source' | 'destination',
): Record<string, Operation> => {
  const { actors, connections } = memory
  const idName = `${kind}Id`
  const definitionName = `${kind}DefinitionId`
  const definitions = () => ({
    [`${kind}Definitions`]: connectors
      .filter((one) => one.kind === kind)
      .map(({ definitionId, name, dockerRepository }) => ({
        [definitionName]: definitionId,
        name,
        dockerRepository,
        dockerImageTag: '1.2.3',
        documentationUrl: 'https://docs.example/',
      })),
  })
  const specificationOf = (actor: Body) => definitionOf(kind, actor[definitionName]).specification
  const shown = ({ kind: _, ...actor }: Body & { kind: string }) => ({
    ...actor,
    connectionConfiguration: masked(specificationOf(actor), actor.connectionConfiguration),
  })
  const actorOf = (body: Body) => {
    const found = actors.get(String(body[idName]))
    if (found?.kind === kind) return found
    throw new Refusal(404, `Could not find configuration for ${kind.toUpperCase()}_CONNECTION: ${body[idName]}.`)
  }
  return {
    [`/${kind}_definitions/list`]: { run: definitions },
    [`/${kind}_definitions/list_for_workspace`]: {
      required: ['workspaceId'],
      run: (body) => {
        inWorkspace(body)
        return definitions()
      },
    },
    [`/${kind}_definition_specifications/get`]: {
      required: [definitionName, 'workspaceId'],
      run: (body) => {
        const found = definitionOf(kind, body[definitionName])
        return {
          [definitionName]: found.definitionId,
          connectionSpecification: found.specification,
          ...('modes' in found ? { supportedDestinationSyncModes: found.modes } : {}),
          jobInfo: { succeeded: true },
        }
      },
    },
    [`/${kind}s/create`]: {
      required: ['workspaceId', 'name', definitionName, 'connectionConfiguration'],
      run: (body) => {
        inWorkspace(body)
        const { name, specification } = definitionOf(kind, body[definitionName])
        fulfils(specification, body.connectionConfiguration)
        const actor = {
          ...body,
          kind,
          [idName]: randomUUID(),
          [`${kind}Name`]: name,
          ...(profile.createdAt ? { createdAt: memory.nowSeconds() } : {}),
        }
        actors.set(String((actor as Body)[idName]), actor)
        return shown(actor)
      },
    },
    [`/${kind}s/get`]: { required: [idName], run: (body) => shown(actorOf(body)) },
    // The whole of name and configuration, but a secret that comes back masked stays.
    [`/${kind}s/update`]: {
      required: [idName, 'name', 'connectionConfiguration'],
      run: (body) => {
        const actor = actorOf(body)
        const connectionConfiguration = withSecrets(body.connectionConfiguration, actor.connectionConfiguration)
        fulfils(specificationOf(actor), connectionConfiguration)
        const changed = { ...actor, name: body.name, connectionConfiguration }
        actors.set(String(body[idName]), changed)
        memory.discovered.delete(String(body[idName]))
        return shown(changed)
      },
    },
    [`/${kind}s/delete`]: {
      required: [idName],
      run: (body) => {
        actorOf(body)
        for (const [id, one] of connections) if (one[idName] === body[idName]) connections.delete(id)
        actors.delete(String(body[idName]))
      },
    },
    [`/${kind}s/check_connection`]: {
      required: [idName],
      run: async (body) => {
        actorOf(body)
        await memory.inspected
        return memory.check
      },
    },
    [`/${kind}s/list`]: {
      required: ['workspaceId'],
      optional: ['cursor', 'pageSize'],
      run: (body) => {
        inWorkspace(body)
        const all = [...actors.values()].filter((one) => one.kind === kind)
        const from = all.findIndex((one) => one[idName] === body.cursor) + 1
        const page = profile.pagedActors ? all.slice(from, from + Number(body.pageSize ?? 20)) : all
        return { [`${kind}s`]: page.map(shown), num_connections: all.length }
      },
    },
  }
}

const ajv = new Ajv({ strict: false, allErrors: true })

/** Airbyte's own validator, in its own words. */
const fulfils = (specification: object, configuration: unknown) => {
  const validate = ajv.compile(specification)
  if (validate(configuration)) return
  const errors = (validate.errors ?? []).map((one) => `$${one.instancePath.replaceAll('/', '.')}: ${one.message}`)
  throw new Refusal(
    422,
    `The provided configuration does not fulfill the specification. Errors: json schema validation failed when comparing the data to the json schema. \nErrors: ${errors.join(', ')} \nSchema: \n${JSON.stringify(specification)}`,
    true,
  )
}

const masked = (specification: unknown, configuration: unknown): unknown => {
  const { properties = {} } = specification as { properties?: Record<string, { airbyte_secret?: boolean }> }
  return Object.fromEntries(
    Object.entries(configuration as Body).map(([name, value]) => [
      name,
      properties[name]?.airbyte_secret ? mask : value,
    ]),
  )
}

const withSecrets = (configuration: unknown, stored: unknown): Body =>
  Object.fromEntries(
    Object.entries(configuration as Body).map(([name, value]) => [
      name,
      value === mask ? (stored as Body)[name] : value,
    ]),
  )
