declare module 'dynalite' {
  import type { Server } from 'node:http'

  /** DynamoDB's HTTP API, in memory when no path is given. */
  export default function dynalite(options?: { createTableMs?: number; path?: string }): Server
}
