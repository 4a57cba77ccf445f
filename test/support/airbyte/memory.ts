import { catalog, connectors } from './connectors.ts'

export type Body = Record<string, unknown>

/** An answer other than 200 with a body. */
export class Refusal {
  readonly status: number
  readonly message: string
  readonly isKnown: boolean
  /** `isKnown`: a conflict or a fault that every generation explains. */
  constructor(status: number, message: string, isKnown = false) {
    this.status = status
    this.message = message
    this.isKnown = isKnown
  }
}

export interface Operation {
  required?: readonly string[]
  optional?: readonly string[]
  /** Nothing = 204. */
  run(body: Body): unknown
}

export const workspaceId = '5ae6b09b-fdec-41af-aaf7-7d94cfc33ef6'
export const mask = '**********'

/** What an Airbyte remembers. A test may change any of it. */
export const memory = () => ({
  actors: new Map<string, Body & { kind: string }>(),
  connections: new Map<string, Body>(),
  /** Undefined: discover fails as Airbyte's does, with 200 and a reason. */
  catalog: catalog as unknown,
  /** By source, what was discovered last: Airbyte asks the source again only when it is told to. */
  discovered: new Map<string, unknown>(),
  discoverFailure: { failureType: 'config_error', externalMessage: 'permission denied for schema public' } as Body,
  /** What a check says. Without a status it could not run. */
  check: { status: 'succeeded', jobInfo: { succeeded: true } } as Body,
  /** What a check and a discovery wait for before they answer. */
  inspected: Promise.resolve(),
  /** What the start of a sync waits for. */
  started: Promise.resolve(),
  nowSeconds: () => Math.floor(Date.now() / 1000),
})

export type Memory = ReturnType<typeof memory>

export const inWorkspace = (body: Body) => {
  if (body.workspaceId !== workspaceId)
    throw new Refusal(404, `Could not find configuration for STANDARD_WORKSPACE: ${body.workspaceId}.`)
}

export const definitionOf = (kind: string, id: unknown) => {
  const found = connectors.find((one) => one.kind === kind && one.definitionId === id)
  if (!found) throw new Refusal(404, `Could not find configuration for STANDARD_DEFINITION: ${id}.`)
  return found
}
