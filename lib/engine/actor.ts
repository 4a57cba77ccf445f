/** Airbyte's word for a source or a destination. */
export type ActorKind = 'source' | 'destination'

/** A configured source or destination. `configuration` is as the user sent it, secrets included. */
export interface Actor {
  id: string
  kind: ActorKind
  definitionId: string
  name: string
  configuration: Readonly<Record<string, unknown>>
  createdAt: Date
}
