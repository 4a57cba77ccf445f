import { expect, it } from 'vitest'
import { duration } from '../../../../lib/http/contracts/duration.ts'

it.each([
  [90, 90],
  ['PT6H', 21_600],
  ['PT1H30M5S', 5_405],
  ['P2D', 172_800],
  ['P7D', 604_800],
  ['P1DT12H', 129_600],
])('%s is %i s', (given, seconds) => expect(duration.parse(given)).toBe(seconds))

it.each([0, -1, 1.5, 604_801, Number.NaN, 'P8D', 'P', 'PT', 'P1M', 'P1W', '6h', '', '3600'])('%s is refused', (given) =>
  expect(duration.safeParse(given).success).toBe(false),
)
