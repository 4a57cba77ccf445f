import { apiKeyAuthorizer } from '../../lib/http/authorizer.ts'

export const handler = apiKeyAuthorizer()
