import { expect, it } from 'vitest'
import { textTable } from '../../../../lib/local/demo/text-table.ts'

it('aligns numbers to the right and wide characters by their width', () => {
  expect(
    textTable(
      ['rows', 'name', 'note'],
      [
        [1000, '名古屋', null],
        [7, 'Lyon', 'two\nlines'],
      ],
    ),
  ).toBe([' rows  name    note', '1,000  名古屋', '    7  Lyon    two⏎lines'].join('\n'))
})

it('cuts long texts', () => expect(textTable(['a'], [['x'.repeat(40)]], 10)).toBe(`a\n${'x'.repeat(9)}…`))
