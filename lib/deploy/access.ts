import { IngestionError } from '../errors.ts'
import { type AccessSettings, listOf, type Service, type ServiceEvent } from './service.ts'

/** The authorizer's answers are kept this long by API Gateway; a removed key works on for as long. */
const keptSeconds = 300

/** Puts every route behind the stage's authorizer, so that a route added later is closed as well. */
export const closeRoutes = (service: Service): void => {
  const { access } = service.custom
  if (access.authorizer === 'none' && service.provider.stage !== 'local')
    throw new IngestionError('not_configured', 'authorizer: none is for stage local only; choose iam, jwt or api-key.')
  if (access.authorizer !== 'api-key') delete service.functions.authorizer
  const authorizers = authorizersOf(access)
  const origins = listOf(access.corsOrigins)
  service.provider.httpApi = {
    ...service.provider.httpApi,
    ...(authorizers ? { authorizers } : {}),
    ...(origins.length > 0 ? { cors: corsOf(origins) } : {}),
  }
  if (access.authorizer === 'none') return
  for (const [name, { events = [] }] of Object.entries(service.functions))
    if (name !== 'docs' || access.docs !== 'open')
      for (const event of events) if (event.httpApi) closeRoute(event, access)
}

const closeRoute = (event: ServiceEvent, access: AccessSettings): void => {
  const { method, path } = routeOf(event)
  const isRead = method.toUpperCase() === 'GET'
  const authorizer = {
    iam: { type: 'aws_iam' },
    jwt: { name: 'jwt', scopes: isRead ? ['read', 'write'] : ['write'] },
    'api-key': { name: 'apiKey' },
  }[access.authorizer]
  event.httpApi = { method, path, authorizer }
}

const routeOf = ({ httpApi = '' }: ServiceEvent): { method: string; path: string } => {
  if (typeof httpApi !== 'string') return httpApi
  const [method = '', path = ''] = httpApi.split(/\s+/)
  return { method, path }
}

const authorizersOf = ({ authorizer, jwtIssuer, jwtAudience }: AccessSettings): Record<string, unknown> | undefined => {
  switch (authorizer) {
    case 'none':
    case 'iam':
      return undefined
    case 'jwt':
      if (!jwtIssuer || !jwtAudience)
        throw new IngestionError(
          'not_configured',
          'authorizer: jwt needs the stage parameters jwtIssuer (an https address) and jwtAudience.',
        )
      return {
        jwt: {
          type: 'jwt',
          identitySource: '$request.header.Authorization',
          issuerUrl: jwtIssuer,
          audience: listOf(jwtAudience),
        },
      }
    case 'api-key':
      return {
        apiKey: {
          type: 'request',
          functionName: 'authorizer',
          // The route is part of it, since a kept answer for a read must not open a write.
          identitySource: ['$request.header.x-api-key', '$context.routeKey'],
          resultTtlInSeconds: keptSeconds,
          enableSimpleResponses: true,
        },
      }
    default:
      throw new IngestionError('not_configured', `authorizer is "${authorizer}"; choose iam, jwt or api-key.`)
  }
}

const corsOf = (allowedOrigins: readonly string[]) => ({
  allowedOrigins,
  allowedHeaders: ['content-type', 'authorization', 'x-api-key', 'idempotency-key'],
  allowedMethods: ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS'],
  exposedResponseHeaders: ['location', 'retry-after'],
  maxAge: 600,
})
