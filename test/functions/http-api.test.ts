import { httpApiWorks } from '../conformance/http-api.ts'
import { type ProfileName, profiles } from '../support/airbyte/profile.ts'

for (const profile of Object.keys(profiles) as ProfileName[]) httpApiWorks(profile)
