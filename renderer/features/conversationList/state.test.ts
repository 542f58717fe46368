import type { Conversation } from '#contract'
import { describe, expect, test } from 'vitest'
import { applyListEvent, emptyList } from './state.ts'

const conversation = (id: string, updatedAt: number, title = id): Conversation => ({
  id,
  title,
  createdAt: 1,
  updatedAt,
  leafId: null,
})
const listed = (...conversations: Conversation[]) => applyListEvent(emptyList, { type: 'snapshot', conversations })

describe('conversation list', () => {
  test('a snapshot is ordered newest first', () => {
    expect(listed(conversation('a', 1), conversation('b', 3), conversation('c', 2)).order).toEqual(['b', 'c', 'a'])
  })

  test('an empty snapshot is a ready, empty list', () => {
    expect(listed()).toEqual({ status: 'ready', order: [], byId: {} })
  })

  test('an answered conversation moves to the top', () => {
    const state = listed(conversation('a', 1), conversation('b', 3))
    expect(applyListEvent(state, { type: 'upsert', conversation: conversation('a', 9) }).order).toEqual(['a', 'b'])
  })

  test('a rename keeps the order as it is, by reference', () => {
    const state = listed(conversation('a', 1), conversation('b', 3))
    const renamed = applyListEvent(state, { type: 'upsert', conversation: conversation('a', 1, 'Red circle') })
    expect(renamed.order).toBe(state.order)
    expect(renamed.byId['a']?.title).toBe('Red circle')
    expect(renamed.byId['b']).toBe(state.byId['b'])
  })

  test('the same reference comes back when nothing changed', () => {
    const state = listed(conversation('a', 1))
    expect(applyListEvent(state, { type: 'upsert', conversation: conversation('a', 1) })).toBe(state)
    expect(applyListEvent(state, { type: 'removed', id: 'unknown' })).toBe(state)
    expect(applyListEvent(state, { type: 'snapshot', conversations: [conversation('a', 1)] })).toBe(state)
  })

  test('a snapshot after a lost connection forgets what was removed meanwhile', () => {
    const state = listed(conversation('a', 1), conversation('b', 2))
    expect(applyListEvent(state, { type: 'snapshot', conversations: [conversation('b', 2)] }).order).toEqual(['b'])
  })

  test('a removed conversation is gone', () => {
    expect(
      applyListEvent(listed(conversation('a', 1), conversation('b', 2)), { type: 'removed', id: 'a' }).order,
    ).toEqual(['b'])
  })
})
