import { errorCodes, faultText, IngestionError } from '../../errors.ts'
import type { FailureOrigin, FailureReason } from '../job.ts'

/**
 * Why something failed, for the user. An IngestionError speaks for itself; anything else is a bug or a surprise, and its
 * text belongs in the log. `redact` masks the secrets of the configurations at hand.
 */
export const failureReason = (
  error: unknown,
  origin: FailureOrigin,
  redact: (text: string) => string = (text) => text,
): FailureReason => ({
  failureOrigin: origin,
  ...(error instanceof IngestionError && error.code !== 'internal'
    ? { failureType: errorCodes[error.code].failureType, externalMessage: redact(withFaults(error)) }
    : {
        failureType: 'system_error',
        externalMessage: `The ${wordOf[origin]} failed unexpectedly: see the attempt's log.`,
      }),
  timestamp: Date.now(),
})

/** The message with one clause for each fault that it does not tell already. */
export const withFaults = ({ message, errors }: IngestionError): string => {
  const untold = errors.filter((fault) => !message.includes(fault.message))
  return untold.length === 0 ? message : `${message} ${untold.map(faultText).join('; ')}`
}

const wordOf: Readonly<Record<FailureOrigin, string>> = {
  source: 'source',
  destination: 'destination',
  replication: 'sync process',
  airbyte_platform: 'engine',
}
