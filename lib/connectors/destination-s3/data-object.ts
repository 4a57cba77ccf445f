import type { Column, Field } from '../columns/column.ts'
import { loadCodec } from '../parquet/codec.ts'
import { type ConstantColumn, ParquetWriter, type Sink } from '../parquet/parquet-writer.ts'
import type { S3Format } from './config.ts'
import { csvRows } from './csv-rows.ts'
import { jsonlRows } from './jsonl-rows.ts'
import { TextObject } from './text-object.ts'

/** One object being written in its format. */
export interface DataObject {
  /** Given to the sink so far; what is still held back is not counted. */
  readonly bytes: number
  /** Resolves when more may come. The buffers of `columns` belong to the object from now on. */
  write(rows: number, columns: readonly (Column | ConstantColumn)[]): Promise<void>
  finish(): Promise<unknown>
}

/** Columns of an object: `metadata` Airbyte's own ones, which come first and may be none, `data` the stream's. */
export interface ObjectColumns {
  readonly metadata: readonly Field[]
  readonly data: readonly Field[]
}

/** How objects of a format are begun. Native libraries are loaded here, once for all of them. */
export const objectFactory = async (format: S3Format, columns: ObjectColumns): Promise<(sink: Sink) => DataObject> => {
  if (format.kind === 'parquet') {
    const codec = await loadCodec(format.codec)
    const fields = [...columns.metadata, ...columns.data]
    return (sink) => new ParquetWriter(fields, { codec, rowGroupBytes: format.rowGroupBytes }, sink)
  }
  const rows = format.kind === 'csv' ? csvRows(columns, format.flatten) : jsonlRows(columns, format.flatten)
  return (sink) => new TextObject(rows, format.gzip, sink)
}

/** With its dot, as in the names of objects. */
export const extensionOf = (format: S3Format): string =>
  format.kind === 'parquet' ? '.parquet' : `.${format.kind}${format.gzip ? '.gz' : ''}`
