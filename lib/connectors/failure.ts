import { type Fault, IngestionError } from '../errors.ts'

/** What the user can do about an error. */
export interface Failure {
  readonly fault: Fault
  /** Trying again may help. */
  readonly transient: boolean
}

/** Lasts until the user changes something; `pointer` says where in the configuration, '' = not there. */
export const mend = (pointer: string, message: string): Failure => ({ fault: { pointer, message }, transient: false })

/** May pass by itself. */
export const wait = (pointer: string, message: string): Failure => ({ fault: { pointer, message }, transient: true })

/** The same as an error to throw. `what` says what failed, before the colon. */
export const failureError = (what: string, { fault, transient }: Failure, cause?: unknown): IngestionError =>
  new IngestionError(transient ? 'connector_transient' : 'connector_config', `${what}: ${fault.message}`, {
    cause,
    errors: fault.pointer ? [fault] : [],
  })
