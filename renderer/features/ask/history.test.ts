// @vitest-environment happy-dom
import type { Attachment } from '#contract'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useHost } from '../../lib/host.ts'
import { core } from '../../testing/fakeRpc.ts'
import { reorder, setText, takeOut } from './actions.ts'
import { addPicture, draftKey, draftOf, emptyDraft, storedPicture, updateDraft } from './draft.ts'
import { forgetMedia, undoMedia, undoable } from './history.ts'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

const key = draftKey(null)
const stored = (name: string): Attachment => ({
  ...{ sha: name.padEnd(64, '0'), kind: 'image', mime: 'image/png' },
  ...{ name, bytes: 1, width: 28, height: 28 },
})
const add = (name: string) =>
  updateDraft(key, (draft) => {
    const picture = {
      ...{ key: name, name, preview: '', attachment: null },
      ...{ tokens: null, budget: null, marks: [] },
    }
    return storedPicture(addPicture(draft, picture), name, stored(name))
  })
const keys = () => draftOf(key).pictures.map((picture) => picture.key)

beforeEach(() => {
  vi.stubGlobal('requestIdleCallback', () => 0)
  core['ask'] = { count: () => new Promise(() => {}), prepare: () => new Promise(() => {}) }
  useHost.setState({ host: { attachments: 'app://attachment/' } as never })
})
afterEach(() => {
  forgetMedia(key)
  updateDraft(key, () => emptyDraft)
})

test('what was taken out comes back where it was, and what was added since stays', () => {
  add('a')
  add('b')
  undoable(null, () => takeOut(null, 'a'))
  add('c')
  expect(undoMedia(null, false)).toBe(true)
  expect(keys()).toEqual(['a', 'b', 'c'])
  expect(undoMedia(null, true)).toBe(true)
  expect(keys()).toEqual(['b', 'c'])
})

test('words that were typed since are the field’s own to take back', () => {
  add('a')
  undoable(null, () => takeOut(null, 'a'))
  setText(null, 'What is it?')
  expect(undoMedia(null, false)).toBe(false)
  expect(keys()).toEqual([])
})

test('media of a question that is gone do not come into another one', () => {
  add('a')
  add('b')
  undoable(null, () => reorder(null, 'a', 1))
  updateDraft(key, () => emptyDraft)
  add('c')
  add('d')
  expect(undoMedia(null, false)).toBe(false)
  expect(keys()).toEqual(['c', 'd'])
  updateDraft(key, () => emptyDraft)
  add('e')
  undoable(null, () => takeOut(null, 'e'))
  forgetMedia(key)
  expect(undoMedia(null, false)).toBe(false)
  expect(keys()).toEqual([])
})
