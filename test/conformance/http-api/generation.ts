import '../../functions/setup.ts'
import { afterEach, beforeEach, expect } from 'vitest'
import { mysql, s3, useAirbyte } from '../../functions/setup.ts'
import type { ProfileName } from '../../support/airbyte/profile.ts'
import type { StandIn } from '../../support/airbyte/stand-in.ts'
import { ask } from '../../support/http-api.ts'
import { officialApi } from '../../support/openapi/official-api.ts'

/** The document that a generation's requests are held against; 1.8.0 has none of its own here. */
const documents = { '0.40.32': '0.40.32', '1.6.0': '1.6.0', '1.8.0': '2.0.0', '2.0.0': '2.0.0', HEAD: 'HEAD' } as const

export const unknownId = '11111111-2222-4333-8444-555555555555'

/** The API over one generation of Airbyte. */
export interface ApiOverAirbyte {
  readonly profile: ProfileName
  /** Another one in each test. */
  readonly airbyte: StandIn
  makeSource(name?: string): Promise<string>
  makeSink(name?: string): Promise<string>
  makeIngestion(more?: object): Promise<{ id: string; sourceId: string; sinkId: string }>
  /** What a path was asked with last. */
  lastBody(path: string): Record<string, unknown> | undefined
}

/** Gives each test of the suite that it is called in a new Airbyte, and holds what was sent to it against the official document. */
export const overAirbyte = (profile: ProfileName): ApiOverAirbyte => {
  const official = officialApi(documents[profile])
  let airbyte: StandIn
  beforeEach(async () => {
    airbyte = await useAirbyte({ profile })
  })
  afterEach(async () => {
    const faults = airbyte.bodies
      .filter(({ path }) => official?.has(path))
      .flatMap(({ path, body }) => (official?.requestFaults(path, body) ?? []).map((fault) => `${path} ${fault}`))
    expect(faults, 'requests that the official document does not have').toEqual([])
    expect(airbyte.violations).toEqual([])
    await airbyte[Symbol.asyncDispose]()
  })
  const makeSource = async (name = 'shop') => {
    const { body } = await ask('POST /datasource', { body: { ...mysql, name } })
    return String(body.sourceId)
  }
  const makeSink = async (name = 'lake') => {
    const { body } = await ask('POST /sink', { body: { ...s3, name } })
    return String(body.sinkId)
  }
  return {
    profile,
    get airbyte() {
      return airbyte
    },
    makeSource,
    makeSink,
    makeIngestion: async (more = {}) => {
      const [sourceId, sinkId] = [await makeSource(), await makeSink()]
      const { body } = await ask('POST /ingestion', { body: { sourceId, sinkId, ...more } })
      return { id: String(body.id), sourceId, sinkId }
    },
    lastBody: (path) => airbyte.bodies.filter((one) => one.path === path).at(-1)?.body,
  }
}
