/** The parts of a Serverless service that are completed here. */
export interface Service {
  service: string
  provider: { stage: string; vpc?: VpcSettings; httpApi?: { authorizers?: Record<string, unknown>; cors?: unknown } }
  functions: Record<string, ServiceFunction>
  resources: { Resources: Record<string, Resource> }
  custom: {
    access: AccessSettings
    grants: Record<string, readonly Statement[]>
    operations: OperationsSettings
    /** Whether the bundles are there. */
    isBuilt?: boolean
  }
}

export interface ServiceFunction {
  name: string
  events?: ServiceEvent[]
  /** Names of `custom.grants`. */
  grants?: readonly string[]
  role?: string
  destinations?: unknown
  /** Leaves the function out of serverless-esbuild's next build. */
  skipEsbuild?: boolean
}

export interface ServiceEvent {
  httpApi?: string | { method: string; path: string; authorizer?: unknown }
  [source: string]: unknown
}

export interface VpcSettings {
  subnetIds: readonly string[]
  securityGroupIds: readonly string[]
}

/** Stage parameters; what is not given is an empty text. */
export interface AccessSettings {
  /** `none` is for a machine's own loopback only. */
  authorizer: string
  /** `open` or `closed`: whether the documentation is behind the authorizer. It holds no data. */
  docs: string
  jwtIssuer: string
  jwtAudience: string
  corsOrigins: string
  vpcSubnetIds: string
  vpcSecurityGroupIds: string
}

export interface OperationsSettings {
  alarmEmail: string
  throttle: { ratePerSecond: number; burst: number; writeRatePerSecond: number; writeBurst: number }
}

export interface Statement {
  Effect: 'Allow'
  Action: string | readonly string[]
  Resource: unknown
  Condition?: unknown
}

export interface Resource {
  Type: string
  DependsOn?: string | string[]
  Properties: Record<string, unknown>
}

/** `a, b` → both; nothing → none. */
export const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
