import { float32Text, float64Text } from '../columns/float-text.ts'
import { timeText } from '../columns/iso-text.ts'
import { numericText } from './numeric.ts'
import { dateText, timestampText } from './timestamp-text.ts'
import type { Wire } from './type-mapping.ts'

/** The bytes of one value of COPY BINARY as text that Postgres reads back as the same value; text types as they are. */
export const valueText = (wire: Wire, bytes: Buffer): string => {
  switch (wire) {
    case 'bool':
      return bytes[0] === 1 ? 't' : 'f'
    case 'int2':
      return String(bytes.readInt16BE(0))
    case 'int4':
      return String(bytes.readInt32BE(0))
    case 'int8':
      return String(bytes.readBigInt64BE(0))
    case 'oid':
      return String(bytes.readUInt32BE(0))
    case 'float4':
      return float32Text(bytes.readFloatBE(0))
    case 'float8':
      return float64Text(bytes.readDoubleBE(0))
    case 'numeric':
      return numericText(bytes, 0)
    case 'uuid':
      return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    case 'date':
      return dateText(bytes.readInt32BE(0))
    case 'time':
      return timeText(bytes.readBigInt64BE(0))
    case 'timestamp':
      return timestampText(bytes.readBigInt64BE(0))
    case 'jsonb':
      return bytes.toString('utf8', 1)
    case 'bytes':
      return bytes.toString('utf8')
  }
}
