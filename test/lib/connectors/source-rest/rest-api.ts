import { afterAll, afterEach, beforeAll } from 'vitest'
import type { StreamState } from '../../../../lib/connectors/connector.ts'
import { sourceRest } from '../../../../lib/connectors/source-rest/index.ts'
import { type ApiRequest, type Reply, startApi } from '../../../support/json-api.ts'
import { type ReadResult, readStream, streamOf } from '../../../support/sync.ts'

export const stream = streamOf('items')

/** One API for the tests of a file, at `/v1/items`, and how to read it. Each test says what it answers. */
export class RestApi {
  reply: Reply = () => []
  #api: Awaited<ReturnType<typeof startApi>> | undefined

  constructor() {
    beforeAll(async () => {
      this.#api = await startApi((...given) => this.reply(...given))
    })
    afterEach(() => {
      this.requests.length = 0
    })
    afterAll(() => this.#api?.stop())
  }

  get origin(): string {
    return this.#api?.origin ?? ''
  }

  /** Since the test began. */
  get requests(): ApiRequest[] {
    return this.#api?.requests ?? []
  }

  configOf(more: object = {}) {
    return { requests_per_second: 100_000, url: `${this.origin}/v1/items`, ...more }
  }

  read(more: object = {}, given: Partial<typeof stream> = {}, state?: StreamState): Promise<ReadResult> {
    return readStream(sourceRest, this.configOf(more), { ...stream, ...given }, state)
  }

  check(more: object = {}) {
    return sourceRest.check(sourceRest.parseConfig(this.configOf(more)), AbortSignal.timeout(10_000))
  }
}

export const idsOf = ({ rows }: ReadResult): number[] => rows.map((row) => Number(row.id))

export const bodyOf = (request: ApiRequest) => JSON.parse(request.body ?? 'null')
