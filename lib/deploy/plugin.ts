import { closeRoutes } from './access.ts'
import { alarmsOf, mailsOf } from './alarms.ts'
import { enterVpc, grantRoles } from './roles.ts'
import type { Resource, Service } from './service.ts'
import { throttleRoutes } from './throttle.ts'

interface Serverless {
  service: Service & { provider: { compiledCloudFormationTemplate?: { Resources: Record<string, Resource> } } }
  configSchemaHandler: { defineFunctionProperties(provider: string, schema: object): void }
}

const skipBuild = ({ functions }: Service, isSkipped: boolean) => {
  for (const one of Object.values(functions)) one.skipEsbuild = isSkipped
}

/**
 * Completes serverless.yml by walking over what is there: every route closed, a role for each function, alarms, limits.
 * Loaded by the Serverless Framework, also for `serverless offline`.
 */
export default class Deployment {
  readonly hooks: Readonly<Record<string, () => void>>

  constructor(serverless: Serverless) {
    serverless.configSchemaHandler.defineFunctionProperties('aws', {
      properties: { grants: { type: 'array', items: { type: 'string' } } },
    })
    this.hooks = {
      initialize: () => {
        const { service } = serverless
        closeRoutes(service)
        enterVpc(service)
        grantRoles(service)
        skipBuild(service, service.custom.isBuilt === true)
      },
      // After serverless-esbuild's own hook: what changes from now on is built.
      'before:offline:start': () => skipBuild(serverless.service, false),
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { service, provider, custom } = serverless.service
        const resources = provider.compiledCloudFormationTemplate?.Resources ?? {}
        throttleRoutes(resources, custom.operations.throttle)
        Object.assign(resources, alarmsOf(resources, service, provider.stage), mailsOf(custom.operations.alarmEmail))
      },
    }
  }
}
