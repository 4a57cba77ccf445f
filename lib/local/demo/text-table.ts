/** Rows as text columns, two spaces apart: numbers to the right, long texts cut, line breaks shown. */
export const textTable = (columns: readonly string[], rows: readonly (readonly unknown[])[], longest = 32): string => {
  const cells = [[...columns], ...rows.map((row) => row.map((value) => textOf(value, longest)))]
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ''))))
  const isNumeric = columns.map((_, column) => rows.every((row) => ['number', 'bigint'].includes(typeof row[column])))
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const fill = ' '.repeat((widths[column] ?? 0) - widthOf(cell))
          return isNumeric[column] ? fill + cell : cell + fill
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const textOf = (value: unknown, longest: number): string => {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return value.toLocaleString('en')
  if (value instanceof Date) return value.toISOString()
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const line = text.replaceAll('\n', '⏎')
  return [...line].length > longest ? `${[...line].slice(0, longest - 1).join('')}…` : line
}

/** East Asian characters take two places in a terminal. */
const widthOf = (text: string): number =>
  [...text].reduce((width, character) => width + (/[ᄀ-ᇿ⺀-꓏가-힣豈-﫿︰-﹏＀-｠]/u.test(character) ? 2 : 1), 0)
