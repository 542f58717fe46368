import type { AppError, Folder } from '#contract'
import { expect, test } from 'vitest'
import { createBed } from './testing/bed.ts'

const bed = createBed()
const { answered, reopen } = bed
const code = (value: string) => expect.objectContaining({ code: value }) as AppError
const folders = async () => (await bed.conversations.folders.watch().next()).value as Folder[]
const folderOf = (id: string) => bed.conversations.get(id).folderId
const tagsOf = (id: string) => bed.conversations.get(id).tags

test('a folder is made with conversations in it, renamed and left, and stays when it is empty', async () => {
  const [a, b] = ['a', 'b'].map((name) => answered(name, 'yes').conversationId) as [string, string]
  const { id } = bed.conversations.folders.create('Birds', [a, 'gone'])
  bed.conversations.folders.move([b], id)
  bed.conversations.folders.rename({ id, name: 'Herons' })
  reopen()
  expect(await folders()).toEqual([{ id, name: 'Herons' }])
  expect([a, b].map(folderOf)).toEqual([id, id])
  bed.conversations.folders.move([a, b], null)
  expect([a, b].map(folderOf)).toEqual([undefined, undefined])
  expect(await folders()).toHaveLength(1)
})

test('a removed folder gives its conversations back, and each change is told', async () => {
  const a = answered('a', 'yes').conversationId
  const { id } = bed.conversations.folders.create('Birds', [a])
  const told = bed.conversations.folders.watch()
  const list = bed.conversations.watchList()
  await Promise.all([told.next(), list.next()])
  bed.conversations.folders.remove(id)
  expect((await told.next()).value).toEqual([])
  expect((await list.next()).value).toMatchObject({ type: 'upsert', conversation: { id: a } })
  expect(folderOf(a)).toBeUndefined()
})

test('a folder that is gone takes nothing', () => {
  const a = answered('a', 'yes').conversationId
  expect(() => bed.conversations.folders.move([a], 'gone')).toThrow(code('NotFound'))
  expect(() => bed.conversations.folders.rename({ id: 'gone', name: 'x' })).toThrow(code('NotFound'))
  expect(() => bed.conversations.folders.remove('gone')).toThrow(code('NotFound'))
})

test('tags are given and taken, keep the spelling that is there, and narrow a search', () => {
  const [a, b, c] = ['a heron', 'b heron', 'c'].map((name) => answered(name, 'yes').conversationId) as [
    string,
    string,
    string,
  ]
  bed.conversations.tag([a, 'gone'], ['Vögel', 'River'], [])
  bed.conversations.tag([b, c], ['river', 'river'], [])
  bed.conversations.tag([a], [], ['RIVER', 'unknown'])
  reopen()
  expect([a, b, c].map(tagsOf)).toEqual([['Vögel'], ['River'], ['River']])
  const found = (query: string, tag: string) =>
    bed.conversations.search(query, 10, { tag }).map(({ conversation }) => conversation.id)
  expect(found('', 'river')).toEqual([c, b])
  expect(found('heron', 'River')).toEqual([b])
  expect(found('', 'Riv')).toEqual([])
  bed.conversations.tag([a], [], ['Vögel'])
  expect(tagsOf(a)).toBeUndefined()
})

test('more tags than there may be are refused, and nothing is changed then', () => {
  const a = answered('a', 'yes').conversationId
  const b = answered('b', 'yes').conversationId
  bed.conversations.tag(
    [b],
    Array.from({ length: 20 }, (_, n) => `t${n}`),
    [],
  )
  expect(() => bed.conversations.tag([a, b], ['one more'], [])).toThrow(code('InvalidInput'))
  expect(tagsOf(a)).toBeUndefined()
})

test('folder and tags go out and come in with a conversation', async () => {
  const a = answered('a', 'yes').conversationId
  bed.conversations.folders.create('Birds', [a])
  bed.conversations.tag([a], ['river'], [])
  const whole = bed.conversations.whole(a)
  bed.conversations.remove(a)
  bed.conversations.folders.remove(whole.folder!.id)
  bed.conversations.add(whole)
  expect(await folders()).toEqual([whole.folder])
  expect(bed.conversations.get(a)).toEqual(whole.conversation)
})
