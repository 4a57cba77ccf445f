import type { ScalarType } from '../columns/column.ts'
import { postgresType } from '../postgres/type-name.ts'

/** What to do with a column that exists: use it as it is, or widen it first, losing nothing; undefined = neither is possible. */
export const fitColumn = (type: ScalarType, existing: string): { use: string } | { widen: string } | undefined => {
  const wanted = postgresType(type)
  if (existing === wanted) return { use: existing }
  const given = numericSize(existing)
  switch (type.kind) {
    case 'int32':
      if (existing === 'bigint') return { use: existing }
      if (existing === 'smallint') return { widen: wanted }
      return given && fitNumeric({ precision: 10, scale: 0 }, given)
    case 'int64':
      if (existing === 'integer' || existing === 'smallint') return { widen: wanted }
      return given && fitNumeric({ precision: 19, scale: 0 }, given)
    case 'float32':
      return existing === 'double precision' ? { use: existing } : undefined
    case 'float64':
      return existing === 'real' ? { widen: wanted } : undefined
    case 'decimal': {
      const integer = integerDigits[existing]
      return fitNumeric(type, integer === undefined ? given : { precision: integer, scale: 0, isInteger: true })
    }
    case 'text':
      if (existing === 'character varying') return { use: existing }
      return existing.startsWith('character varying(') ? { widen: wanted } : undefined
    case 'json':
      return existing === 'json' || existing === 'text' || existing === 'character varying'
        ? { use: existing }
        : undefined
    default:
      return undefined
  }
}

interface NumericSize {
  readonly precision: number
  readonly scale: number
  readonly isInteger?: boolean
}

const integerDigits: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 }
const unlimited: NumericSize = { precision: Number.POSITIVE_INFINITY, scale: Number.POSITIVE_INFINITY }

const numericSize = (existing: string): NumericSize | undefined => {
  if (existing === 'numeric') return unlimited
  const [, precision, scale] = /^numeric\((\d+),(-?\d+)\)$/.exec(existing) ?? []
  return precision === undefined ? undefined : { precision: Number(precision), scale: Number(scale) }
}

const fitNumeric = (wanted: NumericSize, given: NumericSize | undefined) => {
  if (!given) return undefined
  if (given === unlimited) return { use: 'numeric' }
  const whole = Math.max(wanted.precision - wanted.scale, given.precision - given.scale)
  const scale = Math.max(wanted.scale, given.scale)
  const holds = whole === given.precision - given.scale && scale === given.scale
  if (holds && !given.isInteger) return { use: `numeric(${given.precision},${given.scale})` }
  return { widen: `numeric(${whole + scale},${scale})` }
}
