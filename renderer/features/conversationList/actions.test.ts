import { AppError } from '#contract'
import { beforeEach, expect, test, vi } from 'vitest'
import { core } from '../../testing/fakeRpc.ts'
import { archive, deleteForGood, discard, dismissNote, useNote } from './actions.ts'
import { beginSelecting, useShowing } from './shelves.ts'
import { isRemovedHere } from './store.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

const full = new AppError('StorageFailed', 'The disk is full.')
const note = () => useNote.getState().note
beforeEach(dismissNote)

test('what was done is said, with the way back', async () => {
  const [discarded, restored, archived] = [vi.fn(), vi.fn(), vi.fn()]
  core['conversations'] = { discard: discarded, restore: restored, archive: archived }
  beginSelecting(['a', 'b'])
  await discard(['a', 'b'])
  expect(note()).toMatchObject({ text: 'Deleted 2 conversations', isFailure: false })
  expect(useShowing.getState().isSelecting).toBe(false)
  await note()?.undo?.()
  expect(restored.mock.calls[0]).toEqual([{ ids: ['a', 'b'] }])
  expect(note()).toMatchObject({ text: 'Restored 2 conversations', undo: null })
  await archive(['a'], true)
  await note()?.undo?.()
  expect(archived.mock.calls.map(([input]) => input as unknown)).toEqual([
    { ids: ['a'], archived: true },
    { ids: ['a'], archived: false },
  ])
})

test('what could not be done is said, and what was selected stays so', async () => {
  core['conversations'] = { discard: () => Promise.reject(full) }
  beginSelecting(['a'])
  await discard(['a'])
  expect(note()).toMatchObject({ text: 'The disk is full.', undo: null, isFailure: true })
  expect([...useShowing.getState().selected]).toEqual(['a'])
})

test('what is deleted for good is known as such, unless that fails', async () => {
  core['conversations'] = { emptyTrash: () => Promise.reject(full) }
  await expect(deleteForGood(['a'])).rejects.toEqual(full)
  expect(isRemovedHere('a')).toBe(false)
  core['conversations'] = { emptyTrash: () => Promise.resolve() }
  await deleteForGood(['a'])
  expect(isRemovedHere('a')).toBe(true)
})
