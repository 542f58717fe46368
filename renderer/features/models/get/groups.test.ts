import { expect, test } from 'vitest'
import { CatalogueEntry } from '#contract'
import type { EntryFit, Fit } from '#contract'
import { grouped } from './groups.ts'

const entry = (id: string, more: Partial<CatalogueEntry> = {}): CatalogueEntry =>
  CatalogueEntry.parse({
    id,
    name: id,
    family: 'qwen3vl',
    parameters: '2B',
    kind: 'instruct',
    licence: { name: 'Apache 2.0', url: 'https://example.com', allowsCommercialUse: true },
    licenceFoundAt: 'https://example.com',
    shapeFoundAt: 'https://example.com',
    contextTokens: 4096,
    goodAt: 'Everything.',
    repositories: [{ source: 'huggingface', repository: 'a/b', isConfirmed: true, foundAt: 'https://example.com' }],
    ...more,
  })
const fitsAs = (level: Fit['level']) => ({ fit: { level } }) as EntryFit
const shown = (...args: Parameters<typeof grouped>) =>
  grouped(...args).map(({ label, entries }) => [label, entries.map(({ id }) => id)])

const entries = [
  entry('New 32B'),
  entry('New 2B'),
  entry('Thinker', { kind: 'thinking' }),
  entry('Old', { family: 'qwen25vl' }),
  entry('Reader', { family: 'qwen25vl', job: 'pages', goodAt: 'Reads forms.' }),
  entry('Pointer', { family: 'qwen2vl', job: 'screens' }),
]

test('models are grouped by their job, by whether they think first, and by their generation', () => {
  expect(shown(entries, {}, '')).toEqual([
    ['For everything', ['New 32B', 'New 2B']],
    ['Thinks first', ['Thinker']],
    ['Reads pages', ['Reader']],
    ['Points on screens', ['Pointer']],
    ['Older', ['Old']],
  ])
})

test('those that fit this computer come first within their group', () => {
  const fits = { 'New 32B': fitsAs('no'), 'New 2B': fitsAs('cpu') }
  expect(shown(entries, fits, '')[0]).toEqual(['For everything', ['New 2B', 'New 32B']])
})

test('a filter finds names, what a model is good at, and its group; every word of it', () => {
  expect(shown(entries, {}, ' reads FORMS ')).toEqual([['Reads pages', ['Reader']]])
  expect(shown(entries, {}, 'points on screens')).toEqual([['Points on screens', ['Pointer']]])
  expect(shown(entries, {}, 'new 2b')).toEqual([['For everything', ['New 2B']]])
  expect(shown(entries, {}, 'nothing of the kind')).toEqual([])
})
