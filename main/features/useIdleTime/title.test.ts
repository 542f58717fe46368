import { expect, test } from 'vitest'
import { titleFrom, titlePrompt } from './title.ts'

test.each([
  ['Red circle on white', 'Red circle on white'],
  ['**Title:** "Red circle on white."\n\nIt says what is seen.', 'Red circle on white'],
  ['\n# Red   circle\n', 'Red circle'],
  ['标题：《红色的圆》', '红色的圆'],
  ['« Cercle rouge »', 'Cercle rouge'],
  ['What is it?', 'What is it?'],
  ['<|object_ref_start|>Circle<|object_ref_end|>', 'Circle'],
  ['C# or C++', 'C# or C++'],
])('of %j the title is %j', (written, title) => expect(titleFrom(written)).toBe(title))

test.each(['', ' \n', '"…"', '**', '<|im_end|>'])('%j is no title', (written) => expect(titleFrom(written)).toBeNull())

test('a long one is cut after whole characters', () => {
  const title = titleFrom('🟥'.repeat(100).concat(' word'))
  expect([...title!]).toHaveLength(60)
  expect(title).toMatch(/^🟥+…$/u)
})

test('is asked for in Chinese where the question is Chinese, and of the beginning of both alone', () => {
  expect(titlePrompt({ question: '图里有什么？', answer: '一个红色的圆。' })).toMatch(/只写标题/)
  expect(titlePrompt({ question: '何が見えますか。', answer: '円です。' })).toMatch(/language of the question/)
  const long = titlePrompt({ question: 'q'.repeat(5000), answer: 'a'.repeat(5000) })
  expect(long.length).toBeLessThan(1300)
})
