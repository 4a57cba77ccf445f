import * as z from 'zod'
import { IngestionError } from '../../errors.ts'
import type { Services } from '../services.ts'
import { get, type Operation, post } from './operation.ts'
import { id, optional } from './wire.ts'

/** Airbyte's open-source edition has one organization and one user, both with this id. */
const defaultId = '00000000-0000-0000-0000-000000000000'

/** The Airbyte release whose Config API the engine follows. */
const airbyteVersion = '2.0.0'

export const instanceOperations: Readonly<Record<string, Operation>> = {
  '/health': get(() => ({ available: true })),

  '/instance_configuration': get((services) => ({
    edition: 'community',
    version: airbyteVersion,
    licenseStatus: 'pro',
    auth: { mode: 'none' },
    airbyteUrl: services.origin(),
    initialSetupComplete: true,
    defaultUserId: defaultId,
    defaultOrganizationId: defaultId,
    defaultOrganizationEmail: 'engine@localhost.localdomain',
    defaultWorkspaceId: services.workspaceId,
    trackingStrategy: 'logging',
  })),

  // Gone from Airbyte since 1.7, kept here: clients written for earlier releases begin with it.
  '/workspaces/list': post(z.unknown(), (_, services) => ({ workspaces: [workspace(services)] })),
  '/workspaces/list_by_user_id': post(z.object({ userId: id }), (_, services) => ({
    workspaces: [workspace(services)],
  })),
  '/workspaces/get': post(
    z.object({ workspaceId: id, includeTombstone: optional(z.boolean()) }),
    ({ workspaceId }, services) => {
      requireWorkspace(workspaceId, services)
      return workspace(services)
    },
  ),
}

/** Throws not_found unless the id is the engine's one workspace. */
export const requireWorkspace = (workspaceId: string, services: Services): void => {
  if (workspaceId !== services.workspaceId) throw new IngestionError('not_found', `No workspace ${workspaceId}.`)
}

const workspace = ({ workspaceId }: Services) => ({
  workspaceId,
  customerId: workspaceId,
  organizationId: defaultId,
  name: 'Default Workspace',
  slug: 'default',
  initialSetupComplete: true,
  displaySetupWizard: false,
  tombstone: false,
})
