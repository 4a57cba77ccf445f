import { describe } from 'vitest'
import type { ProfileName } from '../support/airbyte/profile.ts'
import { actorsWork } from './http-api/actors.ts'
import { overAirbyte } from './http-api/generation.ts'
import { ingestionsWork } from './http-api/ingestions.ts'
import { installationWorks } from './http-api/installation.ts'
import { schemaWorks } from './http-api/schema.ts'

/** The whole HTTP API against one generation of Airbyte. */
export const httpApiWorks = (profile: ProfileName) =>
  describe(`against Airbyte ${profile}`, () => {
    const api = overAirbyte(profile)
    actorsWork(api)
    schemaWorks(api)
    ingestionsWork(api)
    installationWorks()
  })
