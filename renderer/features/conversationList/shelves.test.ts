import type { Conversation } from '#contract'
import { beforeEach, expect, test } from 'vitest'
import { groupsOf, idsOn, selectTo, showShelf, tagsOf, toggle, useShowing } from './shelves.ts'
import { applyListEvents, emptyList } from './state.ts'

const NOW = new Date(2026, 5, 15, 12).getTime()
const one = (id: string, over: Partial<Conversation> = {}): Conversation => ({
  ...{ id, title: id, createdAt: 1, updatedAt: NOW, leafId: null },
  ...over,
})
const state = applyListEvents(emptyList, [
  {
    type: 'snapshot',
    conversations: [
      one('old', { updatedAt: NOW - 9e8 }),
      one('pinned', { updatedAt: NOW - 9e8, pinned: true }),
      one('new'),
      one('away', { archived: true, pinned: true }),
      one('first', { deletedAt: 5 }),
      one('last', { deletedAt: 9, archived: true, updatedAt: 1 }),
    ],
  },
])

beforeEach(() => showShelf('list'))

test('each conversation stands on one shelf: what is pinned first, in the trash what was deleted last', () => {
  expect((['list', 'archive', 'trash'] as const).map((shelf) => idsOn(state, shelf))).toEqual([
    ['pinned', 'new', 'old'],
    ['away'],
    ['last', 'first'],
  ])
})

test('what is pinned has a heading of its own in the list, and not in the archive', () => {
  const groups = (shelf: 'list' | 'archive' | 'trash') =>
    groupsOf(idsOn(state, shelf), state.byId, shelf, NOW).map(({ label, ids }) => `${label}: ${ids.join()}`)
  expect(groups('list')).toEqual(['Pinned: pinned', 'Today: new', 'Earlier: old'])
  expect(groups('archive')).toEqual(['Today: away'])
  expect(groups('trash')).toEqual(['In the trash: last,first'])
})

test('folders stand between what is pinned and the days, and what is folded is not among what is shown', () => {
  const folders = [
    { id: 'f', name: 'Birds' },
    { id: 'empty', name: 'Work' },
  ]
  const filed = applyListEvents(state, [
    { type: 'upsert', conversation: one('filed', { folderId: 'f', tags: ['river', 'a'] }) },
    { type: 'upsert', conversation: one('pinned', { folderId: 'f', pinned: true, updatedAt: NOW - 9e8 }) },
    { type: 'upsert', conversation: one('lost', { folderId: 'gone', tags: ['a'] }) },
    { type: 'upsert', conversation: one('first', { folderId: 'f', deletedAt: 5, tags: ['trash'] }) },
  ])
  const shown = (folded: string[]) => idsOn(filed, 'list', { folders, folded: new Set(folded) })
  expect(shown([])).toEqual(['pinned', 'filed', 'lost', 'new', 'old'])
  expect(shown(['f'])).toEqual(['pinned', 'lost', 'new', 'old'])
  const groups = groupsOf(shown([]), filed.byId, 'list', NOW, folders)
  expect(groups.map(({ label, ids }) => `${label}: ${ids.join()}`)).toEqual([
    'Pinned: pinned',
    'Birds: filed',
    'Work: ',
    'Today: lost,new',
    'Earlier: old',
  ])
  expect(tagsOf(filed.byId)).toEqual(['a', 'river'])
})

test('a range begins where the last one was chosen, or else where it is told to', () => {
  const shown = ['a', 'b', 'c', 'd', 'e']
  const selected = () => [...useShowing.getState().selected].sort().join('')
  selectTo('b', shown, 'c')
  expect(selected()).toBe('bc')
  toggle('e')
  selectTo('d', shown, 'a')
  expect(selected()).toBe('bcde')
  showShelf('archive')
  expect([selected(), useShowing.getState().isSelecting]).toEqual(['', false])
  toggle('gone')
  selectTo('b', shown, 'a')
  expect(selected()).toBe('abgone')
})
