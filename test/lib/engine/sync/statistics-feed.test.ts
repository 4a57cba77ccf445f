import { expect, it } from 'vitest'
import { emptyStatistics } from '../../../../lib/engine/sync/pump.ts'
import { statisticsFeed } from '../../../../lib/engine/sync/statistics-feed.ts'

const stream = (name: string) =>
  emptyStatistics({
    stream: { name, syncMode: 'full_refresh', destinationSyncMode: 'append', cursorField: [], primaryKey: [] },
    target: { name },
    generationId: 0,
  })

it('the feed tells each stream once per change', () => {
  const [orders, customers] = [stream('orders'), stream('customers')]
  const changed = statisticsFeed([orders, customers])
  expect(changed()).toEqual([])
  orders.recordsEmitted = 5
  expect(changed()).toEqual([orders])
  expect(changed()).toEqual([])
  customers.complete = true
  expect(changed()).toEqual([customers])
})
