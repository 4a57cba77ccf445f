import type { Catalog, ConnectionRead } from '../../airbyte/types.ts'
import type { Fault } from '../../errors.ts'

type NamespaceRule = Pick<ConnectionRead, 'namespaceDefinition' | 'namespaceFormat'>

/** Airbyte's way to write "the source's namespace" into a custom format. */
const sourceNamespace = '$' + '{SOURCE_NAMESPACE}'

/** Streams of one name that the namespace rule brings to one place in the sink, where one would replace the other's rows, or they would mix. */
export const sharedTargets = (catalog: Catalog, rule: NamespaceRule): readonly Fault[] => {
  const { namespaceDefinition, namespaceFormat } = rule
  // A format of before stays with a connection that does not use it any more.
  const isApart = namespaceDefinition === 'customformat' && namespaceFormat?.includes(sourceNamespace)
  if (isApart || (namespaceDefinition ?? 'source') === 'source') return []
  const namespaces = Map.groupBy(catalog.streams, ({ stream }) => stream.name)
  return [...namespaces].flatMap(([name, entries]): readonly Fault[] =>
    entries.length < 2
      ? []
      : [
          {
            pointer: '/namespace',
            message: `brings the streams ${entries.map(({ stream }) => `${stream.namespace ?? ''}.${name}`).join(' and ')} to one place in the sink: use "source" or {"format":"…${sourceNamespace}"}, or leave all but one out`,
          },
        ],
  )
}
