import * as z from 'zod'
import type { Contract } from '../contract.ts'
import { pageOfItems, pageQuery, workspaceFilter } from './list.ts'

const kind = z.enum(['source', 'destination'])

/** This API's own words will do, too. */
const askedKind = z
  .enum(['source', 'destination', 'datasource', 'sink'])
  .transform((word) => (word === 'source' || word === 'datasource' ? 'source' : 'destination'))

const connector = z.strictObject({
  kind,
  type: z.string().describe('What `type` of a data source or a sink takes'),
  name: z.string(),
  definitionId: z.string(),
  dockerRepository: z.string(),
  version: z.string().optional(),
  documentationUrl: z.string().optional(),
})

export const listConnectors = {
  summary: 'Connectors by name',
  query: z.strictObject({
    ...pageQuery,
    kind: askedKind.optional(),
    q: z.string().min(1).max(256).optional().describe('Words in name, type or docker repository'),
    workspaceId: workspaceFilter,
  }),
  status: 200,
  answer: pageOfItems(connector),
} satisfies Contract

export const getConnector = {
  summary: 'One connector, and what its configuration looks like',
  path: z.object({ kind: askedKind, type: z.string().min(1).max(256) }),
  status: 200,
  answer: connector.extend({
    configSchema: z.record(z.string(), z.unknown()).describe('JSON Schema of config; secrets are writeOnly'),
    example: z.record(z.string(), z.unknown()),
    destinationSyncModes: z.array(z.string()).optional(),
  }),
} satisfies Contract

export const listWorkspaces = {
  summary: 'Workspaces of Airbyte',
  status: 200,
  answer: z.strictObject({
    items: z.array(
      z.strictObject({
        workspaceId: z.string(),
        name: z.string().optional(),
        isDefault: z.boolean().describe('The one that this service works in'),
      }),
    ),
  }),
} satisfies Contract
