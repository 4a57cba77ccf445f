import type { Adjustment } from './config/complete-config.ts'

/** What would have been sent to Airbyte, secrets masked. Everything up to sending it was done, the checks included. */
export interface DryRun {
  dryRun: true
  /** Under Airbyte's API root. */
  operation: string
  request: Record<string, unknown>
  adjusted?: Adjustment[]
}
