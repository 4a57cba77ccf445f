/** Airbyte's own words for who has to act on a failure (config_api FailureReason.failureType). */
export type FailureType = 'config_error' | 'transient_error' | 'system_error'

interface CodeFacts {
  status: number
  title: string
  failureType: FailureType
}

/** What each code means and the HTTP status it becomes. The only such table. */
export const errorCodes = {
  malformed_json: { status: 400, title: 'The body is not JSON', failureType: 'config_error' },
  unsupported_media_type: { status: 415, title: 'The content type is not JSON', failureType: 'config_error' },
  body_too_large: { status: 413, title: 'The body is too large', failureType: 'config_error' },
  /** The body, a path or query parameter, or a connector configuration failed its schema. `errors` has one entry a fault. */
  invalid_input: { status: 422, title: 'The request does not match its schema', failureType: 'config_error' },
  /** Nothing was changed by then: only reading answers so much. */
  answer_too_large: { status: 422, title: 'The answer is too large', failureType: 'config_error' },
  route_not_found: { status: 404, title: 'No such route', failureType: 'config_error' },
  /** The id names nothing that Airbyte knows. */
  not_found: { status: 404, title: 'Not found', failureType: 'config_error' },
  job_not_found: { status: 404, title: 'No such job', failureType: 'config_error' },
  connector_unknown: { status: 404, title: 'No such connector', failureType: 'config_error' },
  connector_ambiguous: { status: 409, title: 'Several connectors match', failureType: 'config_error' },
  conflict: { status: 409, title: 'Conflict', failureType: 'config_error' },
  sync_running: { status: 409, title: 'A sync is already running', failureType: 'transient_error' },
  ingestion_inactive: { status: 409, title: 'The ingestion is inactive', failureType: 'config_error' },
  idempotency_mismatch: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    failureType: 'config_error',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'The first request with this Idempotency-Key is still at work',
    failureType: 'transient_error',
  },
  idempotency_unavailable: {
    status: 503,
    title: 'Idempotency keys cannot be kept',
    failureType: 'transient_error',
  },
  /** The function itself lacks a setting: the SSM parameter or environment variable is named in the message. */
  not_configured: { status: 503, title: 'Not configured', failureType: 'config_error' },
  /** No connection, or none in time, or a gateway answered for it. */
  airbyte_unreachable: { status: 503, title: 'Airbyte cannot be reached', failureType: 'transient_error' },
  /** Airbyte refused the credentials that this service has. */
  airbyte_unauthorized: { status: 502, title: 'Airbyte refused the credentials', failureType: 'config_error' },
  /** Airbyte answered something that its API does not document, or a 5xx. */
  airbyte_failed: { status: 502, title: 'Airbyte failed', failureType: 'transient_error' },
  /** A create or a start of a sync got no answer; whether it happened could not be found out. */
  outcome_unknown: { status: 504, title: 'Unknown whether it happened', failureType: 'transient_error' },
  /** The invocation ran out of time before an answer. */
  timed_out: { status: 504, title: 'The request took too long', failureType: 'transient_error' },
  /** A data source or destination refuses what was configured: a human has to change something. */
  connector_config: { status: 422, title: 'The connector configuration does not work', failureType: 'config_error' },
  /** A data source or destination failed in a way that a later try may not. */
  connector_transient: { status: 502, title: 'The connector failed for now', failureType: 'transient_error' },
  /** A bug of ours. The message never reaches a caller. */
  internal: { status: 500, title: 'Internal error', failureType: 'system_error' },
} as const satisfies Record<string, CodeFacts>

export type ErrorCode = keyof typeof errorCodes

/** One fault. `pointer` is a JSON pointer (RFC 6901) into the request body, or `/name` of a path or query parameter. */
export interface Fault {
  pointer: string
  message: string
}

/** A fault as a sentence; one of nothing in particular has no pointer. */
export const faultText = ({ pointer, message }: Fault): string => (pointer ? `${pointer}: ${message}` : message)

/** The one error class thrown on purpose. `message` and `errors` are for the caller; `cause` is for the log only. */
export class IngestionError extends Error {
  override readonly name = 'IngestionError'
  readonly code: ErrorCode
  readonly errors: readonly Fault[]
  /** More members for the problem document, such as the id that exists already. Never secrets. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; errors?: readonly Fault[]; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.errors = options.errors ?? []
    this.details = options.details ?? {}
  }
}
