import { expect, test } from 'vitest'
import { snippetOf } from './search.ts'
import { createBed, text } from './testing/bed.ts'

const bed = createBed()
const { ask, answered } = bed

/** What is found first of each conversation: in its title, else in its latest message that holds the words. */
const found = (query: string) =>
  bed.conversations
    .search(query, 10)
    .map(({ title, hits }) => (title ?? hits[0]!.snippet).replaceAll('\u0002', '<').replaceAll('\u0003', '>'))

test('finds parts of words in titles and texts, without regard to case and accents', () => {
  answered('A question', 'The Café by the lighthouse is closed')
  expect(found('CAFE')).toEqual(['The <Café> by the lighthouse is closed'])
  expect(found('light the')).toEqual(['<The> Café by <the> <light>house is closed'])
  expect(found('lighthouse open')).toEqual([])
  expect(found('questi')).toEqual(['A <questi>on'])
})

test('finds words of one and two characters and scripts without spaces', () => {
  answered('图片里有什么', '一只红色的圆形')
  expect(found('红色')).toEqual(['一只<红色>的圆形'])
  expect(found('圆')).toEqual(['一只红色的<圆>形'])
  expect(found('图片里')).toEqual(['<图片里>有什么'])
})

test.each([
  ['ЁЖ и Да', ['ёж', 'Ёж', 'да', 'ДА', 'е\u0308ж', 'И']],
  ['\u0415\u0308Ж', ['ёж', 'ЁЖ']],
  ['Öl auf der Straße', ['öl', 'OL', 'o\u0308l', 'ss', 'ẞ', 'STRASSE', 'strasse', 'straße']],
  ['GROSSE MASSE', ['ß', 'große', 'Maße']],
  ['İz ve ışık', ['iz', 'İZ', 'IZ', 'iş']],
  ['İSTANBUL', ['istanbul', 'Istanbul', 'is']],
  ['ΟΔΟΣ', ['ος', 'ΟΣ', 'οσ', 'οδος', 'οδοσ']],
  ['Նոր', ['նո', 'ՆՈՐ']],
  ['ﬁn', ['fi', 'FI']],
])('%s is found in other cases and spellings', (said, queries) => {
  answered('?', said)
  for (const query of queries) expect([query, found(query).length]).toEqual([query, 1])
})

test('letters of other scripts keep their marks', () => {
  answered('?', 'мой дом, が')
  expect([found('ои'), found('か'), found('й'), found('が')].map((hits) => hits.length)).toEqual([0, 0, 1, 1])
  expect(found('ОЙ')).toEqual(['м<ой> дом, が'])
})

test('takes operators, quotes and wildcards as plain text', () => {
  answered('x', 'say "NEAR(a b)" or 100%_sure')
  expect(found('"NEAR(a')).toEqual(['say <"NEAR(a> b)" or 100%_sure'])
  expect(found('%_')).toEqual(['say "NEAR(a b)" or 100<%_>sure'])
  expect(found('*')).toEqual([])
  for (const query of ['', '   ', '"', 'AND', 'text:', '-', '\0\0\0', "'; DROP TABLE messages"])
    expect(() => bed.conversations.search(query, 10)).not.toThrow()
})

test('gives each conversation once, titles first, then newest first, up to the limit', () => {
  const old = answered('nothing', 'blue whale, blue whale')
  const recent = answered('nothing else', 'a blue whale')
  const titled = answered('blue whale?', 'blue whale')
  expect(bed.conversations.search('blue whale', 10).map((hit) => hit.conversation.id)).toEqual(
    [titled, recent, old].map((sent) => sent.conversationId),
  )
  expect(bed.conversations.search('blue whale', 2)).toHaveLength(2)
})

test('follows renaming, removal, and the end of an answer', () => {
  const sent = ask(text('first'))
  bed.conversations.append(sent.answerId, 'porcupine')
  expect(found('porcupine')).toEqual([])
  bed.conversations.finish(sent.answerId, { status: 'stopped' })
  expect(found('porcupine')).toEqual(['<porcupine>'])
  bed.conversations.rename(sent.conversationId, 'hedgehogs')
  expect(found('hedgehog')).toEqual(['<hedgehog>s'])
  bed.conversations.remove(sent.conversationId)
  expect([...found('porcupine'), ...found('hedgehog'), ...found('first')]).toEqual([])
})

test('a long text is cut around the first hit', () => {
  answered('q', `${'lorem '.repeat(200)}needle${' ipsum'.repeat(200)}`)
  const [snippet = ''] = found('needle')
  expect(snippet).toMatch(/^….*<needle>.*…$/)
  expect(snippet.length).toBeLessThan(170)
})

test.each([3_000, 3_950, 4_000, 4_800, 5_000, 9_990])(
  'a first hit after %i characters is shown with what is around it',
  (n) => {
    answered('q', `${'😀x'.repeat(n / 2)} Nee\u0301dle${' ipsum'.repeat(2_000)}`)
    const [snippet = ''] = found('needle')
    expect(snippet).toMatch(/^…(😀x)+ <Ne\u00e9dle>( ipsum)* ?[ipsum]*…$/u)
    expect(snippet.length).toBeLessThan(200)
  },
)

test('a very long text costs a snippet no more than a short one', () => {
  const text = `The needle ${'in the largest haystack '.repeat(200_000)}`
  const times = [1, 2, 3].map(() => {
    const started = performance.now()
    expect(snippetOf(text, ['needle'])).toContain('\u0002needle\u0003')
    return performance.now() - started
  })
  expect(Math.min(...times)).toBeLessThan(50)
})

test('a message in the place of one that was removed is found by its own words, not by those of the other', () => {
  const { conversationId } = answered('first', 'a heron by the lake')
  expect(found('heron')).toHaveLength(1)
  expect(found('heron lake')).toHaveLength(1)
  bed.conversations.remove(conversationId)
  answered('again', 'a heron on the roof')
  expect(found('heron roof')).toEqual(['a <heron> on the <roof>'])
  expect(found('heron lake')).toEqual([])
})
