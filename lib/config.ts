/** What a deployed function is told by its environment. The only reader of `process.env` in deployed code. */
export interface Config {
  stage: string
  /** Requests that come over HTTP end by then; API Gateway ends them at 30 s. */
  httpDeadlineMs: number
  waitStateMachineArn: string | undefined
  /** DynamoDB table of what was done once already. */
  idempotencyTable: string | undefined
  /** Does the long work that does not fit into a request. */
  operationStateMachineArn: string | undefined
  /** Of the SSM parameters that configurations may refer to; ends in a slash. */
  secretPrefix: string
  /** Each wins over its SSM parameter; with `baseUrl` SSM is not read at all. */
  airbyte: {
    baseUrl: string | undefined
    workspaceId: string | undefined
    auth: string | undefined
  }
}

const defaultDeadlineMs = 25_000

/** Read at each invocation: cheap, and a test may change what it runs against. */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): Config => ({
  stage: env.STAGE || 'dev',
  httpDeadlineMs: positive(env.HTTP_DEADLINE_MS) ?? defaultDeadlineMs,
  waitStateMachineArn: env.WAIT_STATE_MACHINE_ARN || undefined,
  idempotencyTable: env.IDEMPOTENCY_TABLE || undefined,
  operationStateMachineArn: env.OPERATION_STATE_MACHINE_ARN || undefined,
  secretPrefix: `/airbyte-ingestion/${env.STAGE || 'dev'}/secrets/`,
  airbyte: {
    baseUrl: env.AIRBYTE_BASE_URL || undefined,
    workspaceId: env.AIRBYTE_WORKSPACE_ID || undefined,
    auth: env.AIRBYTE_AUTH || undefined,
  },
})

const positive = (text: string | undefined): number | undefined => {
  const number = Number(text)
  return text && Number.isFinite(number) && number > 0 ? number : undefined
}
