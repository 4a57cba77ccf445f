import type { CatalogEntry } from './catalog.ts'

export const timeUnits = ['minutes', 'hours', 'days', 'weeks', 'months'] as const

export type Schedule =
  | { type: 'manual' }
  | { type: 'basic'; units: number; timeUnit: (typeof timeUnits)[number] }
  | { type: 'cron'; cronExpression: string; cronTimeZone: string }

/** A source linked to a destination: what to move, when, and under which names. */
export interface Connection {
  id: string
  sourceId: string
  destinationId: string
  name: string
  status: 'active' | 'inactive' | 'deprecated'
  namespaceDefinition: 'source' | 'destination' | 'customformat'
  namespaceFormat?: string
  prefix?: string
  /** Selected streams only. */
  catalog: readonly CatalogEntry[]
  schedule: Schedule
  /** Members of ConnectionRead that the engine stores and answers, and does nothing with. */
  kept: Readonly<Record<string, unknown>>
  createdAt: Date
}
