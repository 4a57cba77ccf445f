import type { OperatorStore } from '../aws/operator.ts'
import { readConfig } from '../config.ts'
import { IngestionError } from '../errors.ts'
import { settingsOf } from '../http/airbyte-settings.ts'
import { parseApiKeys } from '../http/api-keys.ts'
import { accessPath, settingsPath } from './stage.ts'

export interface Plan {
  stage: string
  authorizer: string
  jwtIssuer?: string | undefined
  jwtAudience?: string | undefined
}

const nobody = { baseUrl: undefined, workspaceId: undefined, auth: undefined }

/** What is missing for a deployment, in plain words; nothing is touched. Empty = go on. */
export const missing = async (plan: Plan, store: OperatorStore): Promise<string[]> => {
  const faults: string[] = []
  const { stage, authorizer, jwtIssuer, jwtAudience } = plan
  if (!['iam', 'jwt', 'api-key'].includes(authorizer))
    faults.push(`--authorizer ${authorizer}: choose iam, jwt or api-key.`)
  if (authorizer === 'jwt' && (!jwtIssuer || !jwtAudience))
    faults.push('--authorizer jwt needs --jwt-issuer (an https address) and --jwt-audience.')
  const region = await store.region()
  if (region === undefined) faults.push('No region: pass --region, or set AWS_REGION or a profile that has one.')
  const hasCredentials = await store.hasCredentials()
  if (!hasCredentials)
    faults.push(
      'No AWS credentials: set AWS_PROFILE, or sign in (aws sso login), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    )
  if (region === undefined || !hasCredentials) return faults
  try {
    settingsOf({ ...readConfig(), stage, airbyte: nobody }, await store.read(settingsPath(stage)))
    if (authorizer === 'api-key') {
      const keys = (await store.read(accessPath(stage))).get('api-keys')
      if (keys === undefined || parseApiKeys(keys).length === 0)
        faults.push(`No API key: npm run configure -- --stage ${stage} --add-key NAME`)
    }
  } catch (error) {
    faults.push(
      error instanceof IngestionError
        ? `${error.message}\n  npm run configure -- --stage ${stage} --airbyte-url https://airbyte.example`
        : `The SSM parameters in ${region} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  return faults
}
