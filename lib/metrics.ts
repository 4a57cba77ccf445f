import { readConfig } from './config.ts'
import { IngestionError } from './errors.ts'

/** Counted once each, by service and stage: the alarms look at them. */
export type MetricName = 'AirbyteUnreachable' | 'RequestFailed' | 'WaitNotStarted'

/** Writes one count to the log, where CloudWatch takes it from (embedded metric format). */
export const count = async (name: MetricName): Promise<void> => {
  // Loaded on first use: most invocations have nothing to count.
  const { Metrics } = await import('@aws-lambda-powertools/metrics')
  const metrics = new Metrics({ namespace: 'airbyte-ingestion', serviceName: 'airbyte-ingestion' })
  metrics.addDimension('stage', readConfig().stage)
  metrics.addMetric(name, 'Count', 1)
  metrics.publishStoredMetrics()
}

/** Whether a failure is the outage, or the wrong credentials, that somebody has to be told of. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof IngestionError &&
  ['airbyte_unreachable', 'airbyte_unauthorized', 'not_configured'].includes(error.code)
