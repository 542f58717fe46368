import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { code } from '../../testing/coreTestbed.ts'
import { samplePath } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { filesOfFolder } from './index.ts'
import { fileOf, openBed, zipOf } from './testing/bed.ts'
import type { Bed } from './testing/bed.ts'

let folder: ReturnType<typeof tempFolder>
let bed: Bed
beforeEach(() => {
  folder = tempFolder()
  bed = openBed(join(folder.path, 'data'), forkWorker)
})
afterEach(async () => {
  await bed.close()
  folder.remove()
})

const CIRCLE = readFileSync(samplePath('red-circle'))
const dataUrl = `data:image/png;base64,${CIRCLE.toString('base64')}`
/** The tree of a conversation as stored: role, parts in short, and parent by place. */
const stored = (id: string) => {
  const { messages } = bed.conversations.whole(id)
  const place = new Map(messages.map((message, i) => [message.id, i]))
  return messages.map(({ role, parts, parentId }) => [
    role,
    parts
      .map((part) =>
        part.type === 'text' ? part.text : part.type === 'image' ? `[${part.attachment.name}]` : `<${part.type}>`,
      )
      .join(''),
    parentId === null ? null : place.get(parentId),
  ])
}
const message = (role: string, parts: unknown[], rest: object = {}) => ({
  ...{ author: { role }, content: { content_type: 'multimodal_text', parts }, recipient: 'all', metadata: {} },
  ...rest,
})
const pointer = { content_type: 'image_asset_pointer', asset_pointer: 'sediment://file_0a' }
const chatGpt = (more: object = {}) => [
  {
    ...{ conversation_id: 'c', title: 'A circle', create_time: 1_700_000_000, current_node: 'a' },
    mapping: {
      root: { parent: null, children: ['q'], message: null },
      q: { parent: 'root', children: ['a', 'b'], message: message('user', [pointer, 'What?']) },
      a: { parent: 'q', children: [], message: message('assistant', ['Red.']) },
      b: { parent: 'q', children: [], message: message('assistant', ['A circle.']) },
      ...more,
    },
  },
]
const account = { 'user.json': '{"email": "a@b"}', 'chat.html': '<html>', '__MACOSX/._conversations.json': 'x' }

test('a picture that was not in a first export is filled in by a fuller one, and nothing else is changed', async () => {
  const lean = { ...account, 'conversations.json': JSON.stringify(chatGpt()) }
  const report = await bed.import([await zipOf(join(folder.path, 'lean.zip'), lean)])
  expect(report).toMatchObject({ count: 1, pictures: 0 })
  const [{ id = '' } = {}] = report.imported
  expect(stored(id)[0]).toEqual(['user', expect.stringMatching(/^\[Picture that is not in the export.*What\?$/s), null])
  bed.conversations.rename(id, 'Mine')
  const full = { ...lean, 'file_0a.dat': CIRCLE }
  const again = await bed.import([await zipOf(join(folder.path, 'full.zip'), full)])
  expect(again).toMatchObject({ count: 0, grown: 1, pictures: 1, leftOut: [] })
  expect(stored(id)).toEqual([
    ['user', expect.stringMatching(/^\[.*\]What\?$/), null],
    ['assistant', 'Red.', 0],
    ['assistant', 'A circle.', 0],
  ])
  expect(bed.conversations.referencedShas()).toHaveLength(1)
  expect(bed.conversations.get(id).title).toBe('Mine')
})

test('a zip of ChatGPT, one folder deep, comes with its picture and both answers, once', async () => {
  const files = {
    ...account,
    'export/conversations.json': JSON.stringify(chatGpt()),
    'export/file_0a.dat': CIRCLE,
    'export/conversation_asset_file_names.json': JSON.stringify({ 'file_0a.dat': 'circle.png' }),
  }
  const zip = await zipOf(join(folder.path, 'chatgpt.zip'), files)
  const report = await bed.import([zip])
  expect(report).toMatchObject({ programs: ['ChatGPT'], count: 1, messages: 3, pictures: 1, leftOut: [] })
  const [{ id = '', title = '' } = {}] = report.imported
  expect(title).toBe('A circle')
  expect(stored(id)).toEqual([
    ['user', '[circle.png]What?', null],
    ['assistant', 'Red.', 0],
    ['assistant', 'A circle.', 0],
  ])
  const { leafId, createdAt } = bed.conversations.get(id)
  expect(bed.conversations.message(leafId!)).toMatchObject({
    parts: [{ text: 'Red.' }],
    siblings: [leafId, expect.anything()],
  })
  expect(createdAt).toBe(1_700_000_000_000)
  expect(readFileSync(bed.attachments.pathOf(bed.conversations.referencedShas()[0]!))).toEqual(CIRCLE)

  expect(await bed.import([zip])).toMatchObject({ count: 0, alreadyHere: 1, messages: 0, pictures: 0 })
  // in shards, gone on with since
  const next = { n: { parent: 'a', children: [], message: message('user', ['Why?']) } }
  const shards = {
    'conversations-000.json': JSON.stringify(chatGpt()),
    'conversations-001.json': JSON.stringify(chatGpt(next)),
  }
  const later = await bed.import([await zipOf(join(folder.path, 'later.zip'), shards)])
  expect(later).toMatchObject({ count: 0, alreadyHere: 1, grown: 1, messages: 1 })
  expect(stored(id).at(-1)).toEqual(['user', 'Why?', 1])
})

test('a picture that is not there, and one that is none, leave their names and the report', async () => {
  const zip = await zipOf(join(folder.path, 'a.zip'), {
    'conversations.json': JSON.stringify([
      ...chatGpt(),
      {
        ...chatGpt()[0],
        conversation_id: 'd',
        mapping: {
          q: {
            parent: null,
            children: [],
            message: message('user', [{ ...pointer, asset_pointer: 'sediment://file_0b' }]),
          },
        },
      },
    ]),
    'file_0a-notes.png': 'no picture',
  })
  const report = await bed.import([zip])
  expect(report).toMatchObject({ count: 2, pictures: 0 })
  expect(report.leftOut.map(({ count, examples }) => [count, examples])).toEqual([
    [1, ['notes.png']],
    [1, []],
  ])
  expect(stored(report.imported[0]!.id)[0]).toEqual(['user', '[Picture that cannot be read: notes.png]\nWhat?', null])
  expect(stored(report.imported[1]!.id)[0]).toEqual(['user', '[Picture that is not in the export]', null])
})

test('a folder of LM Studio brings the pictures of user-files beside it; one of Jan skips a broken line', async () => {
  const put = (name: string, content: unknown) => {
    const path = join(folder.path, 'programs', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(
      path,
      content instanceof Uint8Array || typeof content === 'string' ? content : JSON.stringify(content),
    )
  }
  const version = {
    type: 'singleStep',
    role: 'user',
    content: [{ type: 'file', fileType: 'image', fileIdentifier: '1 - 2.png' }],
  }
  put('.lmstudio/conversations/Shapes/17.conversation.json', {
    name: 'Circle',
    createdAt: 1_700_000_000_000,
    messages: [{ versions: [version], currentlySelected: 0 }],
  })
  put('.lmstudio/conversations/empty.conversation.json', { name: 'Empty', createdAt: 1_700_000_000_000, messages: [] })
  put('.lmstudio/user-files/1 - 2.png', CIRCLE)
  put('.lmstudio/user-files/1 - 2.png.metadata.json', { originalName: 'circle.png' })
  const lm = await bed.import(await filesOfFolder(join(folder.path, 'programs/.lmstudio/conversations')), true)
  expect(lm).toMatchObject({
    programs: ['LM Studio'],
    count: 1,
    pictures: 1,
    leftOut: [{ count: 1, examples: ['Empty'] }],
  })
  expect(stored(lm.imported[0]!.id)).toEqual([['user', '[circle.png]', null]])

  put('.lmstudio/models/maker/model.gguf', 'weights')
  const whole = await filesOfFolder(join(folder.path, 'programs/.lmstudio'))
  expect(whole.map(({ name }) => name).toSorted()).toEqual([
    '.lmstudio/conversations/Shapes/17.conversation.json',
    '.lmstudio/conversations/empty.conversation.json',
    '.lmstudio/user-files/1 - 2.png',
    '.lmstudio/user-files/1 - 2.png.metadata.json',
  ])
  expect(await bed.import(whole, true)).toMatchObject({ count: 0, alreadyHere: 1 })

  put('jan/threads/t/thread.json', { id: 't', object: 'thread', title: 'Thread' })
  const line = (id: string, role: string) =>
    JSON.stringify({ id, object: 'thread.message', role, content: [{ type: 'text', text: { value: id } }] })
  put('jan/threads/t/messages.jsonl', [line('q', 'user'), '{"id": "brok', line('a', 'assistant')].join('\n'))
  const jan = await bed.import(await filesOfFolder(join(folder.path, 'programs/jan')), true)
  expect(jan).toMatchObject({ programs: ['Jan'], count: 1, leftOut: [{ why: 'Lines that are damaged', count: 1 }] })
  expect(stored(jan.imported[0]!.id)).toEqual([
    ['user', 'q', null],
    ['assistant', 'a', 0],
  ])
})

test('loose files of several programs, in lines too, are each what they are; others are named', async () => {
  const chat = (id: string) => ({
    id,
    chat: {
      history: {
        currentId: 'q',
        messages: { q: { parentId: null, role: 'user', content: id, files: [{ type: 'image', url: dataUrl }] } },
      },
    },
  })
  const conv = {
    conv: { id: 'l', name: 'Lama' },
    messages: [{ id: 'q', role: 'user', content: 'Q', parent: null, children: [] }],
  }
  const report = await bed.import([
    fileOf(folder.path, 'chats.json', `${JSON.stringify(chat('one'))}\n${JSON.stringify(chat('two'))}\n{"broken`),
    fileOf(folder.path, 'lama.json', [conv]),
    fileOf(folder.path, 'settings.json', { theme: 'dark' }),
    fileOf(folder.path, 'half.json', '[{"mapping"'),
  ])
  expect(report.programs.toSorted()).toEqual(['Open WebUI', 'llama.cpp'])
  expect(report).toMatchObject({ count: 3, messages: 3, pictures: 2 })
  expect(report.imported.map(({ title }) => title)).toEqual(['one', 'two', 'Lama'])
  expect(report.leftOut.map(({ why, examples }) => `${why} ${examples.join()}`).toSorted()).toEqual([
    'Files that are damaged half.json',
    'Files that hold no conversations settings.json',
    'Lines that are damaged chats.json',
  ])
})

test('a backup of Cherry Studio as databases says what to do instead', async () => {
  const zip = await zipOf(join(folder.path, 'cherry.zip'), {
    'metadata.json': '{}',
    'IndexedDB/file__0.indexeddb.leveldb/000003.ldb': 'x',
  })
  await expect(bed.import([zip])).rejects.toEqual(code('InvalidInput'))
  await expect(bed.import([zip])).rejects.toThrow('legacy backup')
})

test('a store that fails in the middle keeps whole conversations alone', async () => {
  const second = { ...chatGpt()[0], conversation_id: 'd', title: 'Second' }
  const file = fileOf(folder.path, 'conversations.json', [...chatGpt(), second])
  bed.store.db.exec(`CREATE TRIGGER refuse BEFORE INSERT ON messages
    WHEN (SELECT count(*) FROM messages) >= 4 BEGIN SELECT raise(ABORT, 'no more'); END`)
  await expect(bed.import([file])).rejects.toThrow('no more')
  bed.store.db.exec('DROP TRIGGER refuse')
  expect(bed.conversations.ids().map((id) => [bed.conversations.get(id).title, stored(id).length])).toEqual([
    ['A circle', 3],
  ])
  expect(await bed.import([file])).toMatchObject({ count: 1, alreadyHere: 1 })
})
