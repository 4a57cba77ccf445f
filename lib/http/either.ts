import type { Context } from 'aws-lambda'
import type { Routes } from './api.ts'

/** A function behind its middleware, whatever it takes. */
type Handler = (event: never, context: never, ...rest: never[]) => unknown
type Invoked = (event: unknown, context: Context) => Promise<unknown>

/** One function for API Gateway and for everybody else who invokes it with an event. */
export const either = (http: Handler & { routes: Routes }, task: Handler): Invoked & { routes: Routes } =>
  Object.assign(
    async (event: unknown, context: Context) => await ((isRequest(event) ? http : task) as Invoked)(event, context),
    { routes: http.routes },
  )

const isRequest = (event: unknown): boolean =>
  typeof event === 'object' && event !== null && 'routeKey' in event && 'requestContext' in event
