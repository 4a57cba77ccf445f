import { describe, expect, it } from 'vitest'
import { dateText, timestampText, timeText } from '../../../../lib/connectors/columns/iso-text.ts'

describe('ISO texts', () => {
  it.each([
    [0, '1970-01-01'],
    [-719_162, '0001-01-01'],
    [2_932_896, '9999-12-31'],
    [2_932_897, '+010000-01-01'],
    // 275760-09-13 is the last day that Date knows.
    [100_000_000, '+275760-09-13'],
    [100_000_001, '+275760-09-14'],
    // The ends of Postgres' dates: 5874897-12-31 and 4714-11-24 BC.
    [2_145_042_905, '+5874897-12-31'],
    [-2_440_588, '-004713-11-24'],
  ])('day %d is %s', (days, text) => expect(dateText(days)).toBe(text))

  it.each([
    [0n, '00:00:00.000000'],
    [86_400_000_000n, '24:00:00.000000'],
    [86_399_999_999n, '23:59:59.999999'],
  ])('%d microseconds are the time %s', (micros, text) => expect(timeText(micros)).toBe(text))

  it.each([
    [1n, true, '1970-01-01T00:00:00.000001Z'],
    [-1n, false, '1969-12-31T23:59:59.999999'],
    [-62_135_596_800_000_000n, false, '0001-01-01T00:00:00.000000'],
    [9_223_372_036_854_775_806n, true, '+294247-01-10T04:00:54.775806Z'],
  ])('%d microseconds are the moment %s', (micros, utc, text) => expect(timestampText(micros, utc)).toBe(text))
})
