import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startAwsEndpoint } from '../../lib/local/aws/aws-endpoint.ts'
import { startIdempotencyTable } from '../../lib/local/aws/idempotency-table.ts'
import { ssmActions } from '../../lib/local/aws/ssm-endpoint.ts'
import { startFunctionsHost } from '../../lib/local/functions-host.ts'
import { anyPort } from '../../lib/local/port.ts'
import { startAirbyte } from '../support/airbyte/stand-in.ts'
import { connect } from '../support/connection.ts'

it('serverless-offline fires the rule, when a stage parameter enables it, and a sync starts', async () => {
  await using airbyte = await startAirbyte()
  const connectionId = connect(airbyte)
  const [ssm, table] = await Promise.all([
    startAwsEndpoint(ssmActions({ '/airbyte-ingestion/local/base-url': airbyte.url })),
    startIdempotencyTable(),
  ])
  const buildDirectory = await mkdtemp(join(tmpdir(), 'functions-'))
  const host = await startFunctionsHost({
    apiPort: await anyPort(),
    lambdaPort: await anyPort(),
    // No state machine waits here: that the sync starts is all.
    endpoints: { ssm: ssm.url, dynamodb: table.url, sfn: ssm.url, events: ssm.url },
    buildDirectory,
    watch: false,
    params: { syncRuleEnabled: 'true', syncRuleRate: 'rate(1 minute)', syncConnectionId: connectionId },
    log: () => {},
  })
  try {
    await expect.poll(() => airbyte.state.jobs.length, { timeout: 200_000 }).toBe(1)
    expect(airbyte.state.jobs).toMatchObject([{ configId: connectionId, configType: 'sync' }])
  } finally {
    await host.close()
    await Promise.all([ssm.close(), table.close(), rm(buildDirectory, { recursive: true, force: true })])
  }
})
