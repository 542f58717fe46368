import { describe, expect, test } from 'vitest'
import type { Imported, ImportedConversation } from '../form.ts'
import { readCherryStudio } from './cherryStudio.ts'
import { assetFiles, readChatGpt } from './chatGpt.ts'
import { readJan } from './jan.ts'
import { readLlamaCpp, sessionsOf } from './llamaCpp.ts'
import { readLmStudio, userFilesOf } from './lmStudio.ts'
import { readOpenWebUi } from './openWebUi.ts'

const PNG = 'data:image/png;base64,iVBORw0KGgo='

/** A conversation in short: each turn as `parent > id: <thought>words` with `[name]` for pictures, then the leaf. */
function short({ turns, leaf }: ImportedConversation): string[] {
  const part = (one: ImportedConversation['turns'][number]['parts'][number]) =>
    one.type === 'text'
      ? one.text
      : `[${'missing' in one.from ? '?' : 'file' in one.from ? one.from.file : 'data'} ${one.name}]`
  return [
    ...turns.map((turn) => {
      const end = turn.end === 'complete' ? '' : turn.end === 'stopped' ? ' (stopped)' : ` (${turn.end.failed})`
      return `${turn.parent ?? ''} > ${turn.id}: ${turn.reasoning ? `<${turn.reasoning}>` : ''}${turn.parts.map(part).join('')}${end}`
    }),
    `= ${leaf}`,
  ]
}
const only = ({ conversations }: Imported): ImportedConversation => {
  expect(conversations.length).toBe(1)
  return conversations[0]!
}
const why = ({ leftOut }: Imported): string[] =>
  leftOut.map(({ why: reason, count }) => `${count} ${reason.split(':')[0]}`)

describe('Open WebUI', () => {
  const messages = {
    q: {
      id: 'q',
      parentId: null,
      childrenIds: ['a', 'b', 'gone'],
      role: 'user',
      content: 'Look',
      timestamp: 1_700_000_000,
      files: [
        { type: 'image', url: PNG },
        { type: 'file', id: 'f', url: 'f', name: 'photo.png', content_type: 'image/png' },
        { type: 'file', name: 'notes.pdf', content_type: 'application/pdf' },
      ],
    },
    a: {
      id: 'a',
      parentId: 'q',
      childrenIds: [],
      role: 'assistant',
      model: 'x:1',
      timestamp: 1_700_000_000,
      done: true,
      content:
        '<details type="reasoning" done="true">\n<summary>Thought</summary>\n> a &lt; b\n> so\n</details>\nIt is red.',
    },
    b: {
      id: 'b',
      parentId: 'q',
      childrenIds: [],
      role: 'assistant',
      modelName: 'Y',
      content: '',
      done: false,
      output: [
        { type: 'reasoning', content: [{ text: 'hm' }] },
        { type: 'message', content: [{ text: 'Blue.' }] },
      ],
    },
    c: { parentId: 'q', role: 'assistant', content: '', error: { content: 'No memory' } },
  }
  const record = {
    id: 'chat',
    title: 'Shapes',
    created_at: 1_700_000_000,
    updated_at: 1_700_000_060,
    chat: { params: { system: 'Be short' }, messages: [], history: { messages, currentId: 'a' } },
  }

  test('is read as a tree, with thoughts and pictures from where they stand', () => {
    const read = readOpenWebUi([record])
    const conversation = only(read)
    expect(short(conversation)).toEqual([
      ' > q: [data null][? photo.png][Attached file: notes.pdf]Look',
      'q > a: <a < b\nso>It is red.',
      'q > b: <hm>Blue. (stopped)',
      'q > c:  (No memory)',
      '= a',
    ])
    expect(conversation).toMatchObject({
      id: 'chat',
      title: 'Shapes',
      created: 1_700_000_000_000,
      updated: 1_700_000_060_000,
    })
    expect(conversation.turns.map(({ model }) => model)).toEqual([null, 'x:1', 'Y', null])
    expect(conversation.system).toBe('Be short')
    expect(why(read)).toEqual(['1 Attached files that are no pictures'])
  })

  test('a chat alone, one with a line only and one without messages', () => {
    expect(only(readOpenWebUi([record.chat])).id).toBe('message q')
    const line = {
      id: 'l',
      chat: {
        title: 'Line',
        history: { messages: {} },
        messages: [
          { role: 'user', content: 'Q' },
          { role: 'assistant', content: 'A' },
        ],
      },
    }
    expect(short(only(readOpenWebUi([line])))).toEqual([' > message 0: Q', 'message 0 > message 1: A', '= message 1'])
    const empty = readOpenWebUi([{ id: 'e', title: 'Nothing', chat: { history: { messages: {}, currentId: null } } }])
    expect(empty).toMatchObject({ conversations: [], leftOut: [{ count: 1, examples: ['Nothing'] }] })
  })
})

describe('ChatGPT', () => {
  type Message = Record<string, unknown>
  const message = (role: string, content: unknown, rest: Message = {}): Message => ({
    ...{ author: { role }, create_time: 1_700_000_000.5, content, recipient: 'all', metadata: { model_slug: 'gpt' } },
    ...rest,
  })
  const words = (...parts: unknown[]) => ({ content_type: 'text', parts })
  const nodes = (all: Record<string, { parent?: string | null; children?: string[]; message: Message | null }>) =>
    Object.fromEntries(Object.entries(all).map(([id, one]) => [id, { id, ...one }]))
  const picture = (pointer: string) => ({ content_type: 'image_asset_pointer', asset_pointer: pointer })
  const attachments = [
    { id: 'file-A1', name: 'cat.png', mime_type: 'image/png' },
    { id: 'file-P', name: 'text.pdf', mime_type: 'application/pdf' },
  ]
  const record = {
    ...{ conversation_id: 'c', title: null, create_time: 1_700_000_000, update_time: 1_700_000_100, current_node: 'a' },
    mapping: nodes({
      root: { parent: null, children: ['s'], message: null },
      s: { parent: 'root', children: ['i'], message: message('system', words('')) },
      i: { parent: 's', children: ['q'], message: message('user', { content_type: 'user_editable_context' }) },
      q: {
        parent: 'i',
        children: ['t', 'b'],
        message: message(
          'user',
          {
            content_type: 'multimodal_text',
            parts: [picture('file-service://file-A1'), picture('sediment://file_ff#x#p_0'), 'What?'],
          },
          { metadata: { attachments } },
        ),
      },
      t: {
        parent: 'q',
        children: ['call'],
        message: message('assistant', {
          content_type: 'thoughts',
          thoughts: [{ summary: 's', content: 'look' }, { content: 'closer' }],
        }),
      },
      call: {
        parent: 't',
        children: ['made'],
        message: message('assistant', { content_type: 'code', text: '{}' }, { recipient: 'dalle.text2im' }),
      },
      made: {
        parent: 'call',
        children: ['recap'],
        message: message('tool', { content_type: 'multimodal_text', parts: [picture('sediment://file_00aa')] }),
      },
      recap: {
        parent: 'made',
        children: ['a'],
        message: message('assistant', { content_type: 'reasoning_recap', content: 'Thought' }),
      },
      a: {
        parent: 'recap',
        children: [],
        message: message('assistant', words('Here \uE200cite\uE202turn0\uE201it is.')),
      },
      b: {
        parent: 'q',
        children: [],
        message: message('assistant', { content_type: 'code', language: 'python', text: 'a = `1`' }),
      },
    }),
  }
  const names = ['x/file-A1-cat.png', 'x/file-A12-other.png', 'x/file_00aa.dat', 'x/conversations.json']

  test('is read with thoughts and made pictures in the answers, and files by their whole ids', () => {
    const read = readChatGpt([record], assetFiles(names, { 'file_00aa.dat': 'dalle-generations/1.webp' }))
    expect(short(only(read))).toEqual([
      ' > q: [Attached file: text.pdf][x/file-A1-cat.png cat.png][? null]What?',
      'q > a: <look\n\ncloser>[x/file_00aa.dat 1.webp]Here it is.',
      'q > b: ```python\na = `1`\n```',
      '= a',
    ])
    expect(only(read)).toMatchObject({ id: 'c', title: null, created: 1_700_000_000_000, updated: 1_700_000_100_000 })
    expect(only(read).turns[1]).toMatchObject({ model: 'gpt', time: 1_700_000_000_500 })
    expect(why(read)).toEqual([
      '1 System prompts and custom instructions',
      '1 Attached files that are no pictures',
      '1 Steps of tools',
    ])
  })

  test('nodes without children are a tree by their parents', () => {
    const mapping = Object.fromEntries(
      Object.entries(record.mapping).map(([id, { children: _, ...node }]) => [id, node]),
    )
    const read = readChatGpt([{ ...record, mapping }], assetFiles(names))
    expect(only(read).turns.map(({ id, parent }) => [id, parent])).toEqual([
      ['q', null],
      ['a', 'q'],
      ['b', 'q'],
    ])
  })
})

describe('LM Studio', () => {
  const user = (...content: unknown[]) => ({ type: 'singleStep', role: 'user', content })
  const answer = (words: string, ...steps: unknown[]) => ({
    ...{ type: 'multiStep', role: 'assistant', senderInfo: { senderName: 'm' } },
    steps: [...steps, { type: 'contentBlock', content: [{ type: 'text', text: words }] }, { type: 'debugInfoBlock' }],
  })
  const file = (fileIdentifier: string, fileType = 'image') => ({ type: 'file', fileIdentifier, fileType })
  const thought = { type: 'contentBlock', style: { type: 'thinking' }, content: [{ type: 'text', text: 'hm' }] }
  const record = {
    ...{ name: 'Shapes', createdAt: 1_700_000_000_000, assistantLastMessagedAt: 1_700_000_009_000, systemPrompt: '' },
    perChatPredictionConfig: { fields: [{ key: 'llm.prediction.systemPrompt', value: 'Be short' }] },
    messages: [
      {
        versions: [
          user(
            { type: 'text', text: 'Look' },
            file('1 - 2.png'),
            file('3.png'),
            file('4.png'),
            file('5.pdf', 'document'),
          ),
        ],
        currentlySelected: 0,
      },
      { versions: [answer('Red', thought), answer('<think>no</think>Blue')], currentlySelected: 9 },
      { versions: [user({ type: 'text', text: 'Sure?' })], currentlySelected: 0 },
    ],
  }

  test('has versions of each message; what follows goes on from the chosen one', () => {
    expect(userFilesOf(record)).toEqual(['1 - 2.png', '3.png', '4.png', '5.pdf'])
    const read = readLmStudio(record, 'conversations/Maths/1700000000000.conversation.json', (id) => ({
      file: id === '1 - 2.png' ? `user-files/${id}` : null,
      facts:
        id === '1 - 2.png'
          ? { originalName: 'cat.png' }
          : id === '3.png'
            ? { originalName: 'dog.png', preview: { data: PNG } }
            : undefined,
    }))
    expect(short(only(read))).toEqual([
      ' > m0.v0: [user-files/1 - 2.png cat.png][data preview of dog.png][? 4.png]Look[Attached file: 5.pdf]',
      'm0.v0 > m1.v0: <hm>Red',
      'm0.v0 > m1.v1: <no>Blue',
      'm1.v1 > m2.v0: Sure?',
      '= m2.v0',
    ])
    expect(only(read)).toMatchObject({ id: '1700000000000', created: 1_700_000_000_000, updated: 1_700_000_009_000 })
    expect(only(read).turns[1]?.model).toBe('m')
    expect(only(read).system).toBe('Be short')
    expect(why(read)).toEqual(['1 Pictures whose files are gone', '1 Attached files that are no pictures'])
  })
})

describe('Jan', () => {
  const line = (id: string, role: string, words: string, at: number, metadata: unknown = {}) => ({
    ...{ id, object: 'thread.message', role, created_at: 1_700_000_000_000 + at, metadata },
    content: [{ type: 'text', text: { value: words } }],
  })
  const thread = {
    id: 't',
    object: 'thread',
    title: 'Shapes',
    created: 1_700_000_900,
    updated: 1_700_000_900,
    assistants: [{ model: { id: 'm' }, instructions: 'Be short' }],
    metadata: {},
  }

  test('without parents it is a line, in the order of its file', () => {
    const read = readJan(thread, [
      line('q', 'user', 'Q', 5),
      line('a', 'assistant', '<think>hm</think>A', 5),
      line('r', 'user', 'R', 1),
    ])
    expect(short(only(read))).toEqual([' > q: Q', 'q > a: <hm>A', 'a > r: R', '= r'])
    // the thread's own time is that of its last change
    expect(only(read)).toMatchObject({ created: 1_700_000_000_005, updated: 1_700_000_900_000, system: 'Be short' })
    expect(only(read).turns[1]?.model).toBe('m')
  })

  test('with parents it is a tree, of which the named children are shown', () => {
    const read = readJan({ ...thread, metadata: { activeRootId: 'q' } }, [
      {
        ...line('q', 'user', 'Q', 0, { parentId: null, activeChildId: 'a' }),
        content: [
          { type: 'text', text: { value: 'Q' } },
          { type: 'image_url', image_url: { url: PNG } },
          { type: 'tool_call' },
        ],
      },
      line('a', 'assistant', 'A', 1, { parentId: 'q' }),
      { ...line('b', 'assistant', 'B', 2, { parentId: 'q' }), status: 'error' },
      line('other', 'user', 'Other', 9, { parentId: null }),
    ])
    expect(short(only(read))).toEqual([
      ' > q: [data null]Q',
      'q > a: A',
      'q > b: B (Failed.)',
      ' > other: Other',
      '= a',
    ])
  })

  test('an answer that was stored without its parent follows the question before it, and the next question it', () => {
    const read = readJan(thread, [
      line('q', 'user', 'Q', 0, { parentId: null }),
      line('a', 'assistant', 'A', 1, { parentId: null }),
      line('r', 'user', 'R', 2, { parentId: 'q' }),
      line('b', 'assistant', 'B', 3, { parentId: 'r' }),
    ])
    expect(short(only(read))).toEqual([' > q: Q', 'q > a: A', 'a > r: R', 'r > b: B', '= b'])
  })
})

describe('llama.cpp', () => {
  const message = (id: string, parent: string | null, role: string, content: string, rest: object = {}) => ({
    ...{ id, convId: 'c', type: 'text', timestamp: 1_700_000_000_000, role, content, parent, children: [] },
    ...rest,
  })
  const messages = [
    message('root', null, 'system', '', { type: 'root', children: ['q'] }),
    message('q', 'root', 'user', 'Look', {
      children: ['b', 'a'],
      extra: [
        { type: 'IMAGE', name: 'cat.png', base64Url: PNG },
        { type: 'imageFile', name: 'dog.png', base64Url: PNG },
        { type: 'TEXT', name: 'list.txt', content: 'one' },
        { type: 'AUDIO', name: 'song.mp3', base64Data: 'AA==' },
      ],
    }),
    message('a', 'q', 'assistant', 'A', { thinking: 'hm', model: 'm' }),
    message('b', 'q', 'assistant', '', { toolCalls: [{ id: 1 }], children: ['tool'] }),
    message('tool', 'b', 'tool', '3', { children: ['c'] }),
    message('c', 'tool', 'assistant', 'B', { reasoningContent: 'oh', timestamp: 1_700_000_009_000 }),
  ]
  const expected = [
    ' > q: [data cat.png][data dog.png]list.txt:\none\n\n[Attached file: song.mp3]Look',
    'q > c: <oh>B',
    'q > a: <hm>A',
  ]

  test('is read from its older form, by the list of children', () => {
    const read = readLlamaCpp([
      { conv: { id: 'c', name: 'Shapes', currNode: 'a', lastModified: 1_700_000_010_000 }, messages },
    ])
    expect(short(only(read))).toEqual([...expected, '= a'])
    expect(only(read)).toMatchObject({
      id: 'c',
      title: 'Shapes',
      created: 1_700_000_000_000,
      updated: 1_700_000_010_000,
    })
    expect(why(read)).toEqual(['1 Sound and video', '2 Steps of tools'])
  })

  test('its first system prompt is its own, others are told', () => {
    const systems = [1, 2].map((n) => message(`s${n}`, 'root', 'system', `Be short ${n}`))
    const read = readLlamaCpp([{ conv: { id: 'c', name: 'Shapes' }, messages: [...messages, ...systems] }])
    expect(only(read).system).toBe('Be short 1')
    expect(why(read)).toContain('1 System prompts and custom instructions')
  })

  test('is read from lines, several conversations too, with the newest message where none is current', () => {
    const session = (id: string) => ({ type: 'session', harness: 'llama.app', id, name: id, currNode: '' })
    const lines = [
      session('c'),
      ...messages.map((one) => ({ message: one, type: 'message' })),
      { type: 'new kind' },
      session('d'),
      { type: 'message', message: message('x', 'not here', 'user', 'Only this') },
    ]
    const [first, second] = readLlamaCpp(sessionsOf(lines)).conversations
    expect(short(first!)).toEqual([...expected, '= c'])
    expect(short(second!)).toEqual([' > x: Only this', '= x'])
  })
})

describe('Cherry Studio', () => {
  const block = (id: string, type: string, rest: object) => ({ id, type, ...rest })
  const answer = (id: string, askId: string, blocks: string[], rest: object = {}) => ({
    ...{ id, role: 'assistant', askId, blocks, modelId: `model-${id}`, createdAt: '2026-02-03T04:05:06.000Z' },
    ...rest,
  })
  const storage = (topics: unknown[]) => ({
    'persist:cherry-studio': JSON.stringify({
      assistants: JSON.stringify({ defaultAssistant: { topics }, assistants: [] }),
      llm: 'secret',
    }),
  })
  const data = {
    version: 5,
    localStorage: storage([
      { id: 't', name: 'Shapes', createdAt: '2026-02-03T04:05:00.000Z', updatedAt: '2026-02-03T05:00:00.000Z' },
    ]),
    indexedDB: {
      topics: [
        {
          id: 't',
          messages: [
            { id: 'q', role: 'user', topicId: 'other', blocks: ['b1', 'b2', 'b3', 'gone'] },
            answer('a', 'q', ['b4', 'b5'], { foldSelected: true }),
            answer('b', 'q', ['b6', 'b7']),
            answer('empty', 'q', []),
            { id: 'x', role: 'user', type: 'clear', blocks: [] },
            { id: 'r', role: 'user', blocks: ['b8'] },
            answer('c', 'r', ['b9']),
          ],
        },
        { id: 'nothing', messages: [] },
      ],
      message_blocks: [
        block('b1', 'main_text', { content: 'Look' }),
        block('b2', 'image', {
          file: { id: 'f1', ext: '.png', name: 'f1.png.png', origin_name: 'cat.png', path: 'C:\\x' },
        }),
        block('b3', 'file', { file: { id: 'f2', ext: '.pdf', origin_name: 'a.pdf' } }),
        block('b4', 'thinking', { content: 'hm' }),
        block('b5', 'main_text', { content: 'A' }),
        block('b6', 'image', { url: PNG }),
        block('b7', 'error', { error: { message: 'Broke' } }),
        block('b8', 'main_text', { content: 'R' }),
        block('b9', 'tool', { content: {} }),
        block('b9', 'code', { content: 'x', language: 'js' }),
      ],
    },
  }

  test('answers to one question stand side by side, and what follows goes on from the chosen one', () => {
    const read = readCherryStudio(data, (name) => (name === 'f1.png' ? `Data/Files/${name}` : null))
    expect(short(only(read))).toEqual([
      ' > q: [Data/Files/f1.png cat.png][Attached file: a.pdf]Look',
      'q > a: <hm>A',
      'q > b: [data null] (Broke)',
      'a > r: R',
      'r > c: ```js\nx\n```',
      '= c',
    ])
    expect(only(read)).toMatchObject({
      id: 't',
      title: 'Shapes',
      created: Date.UTC(2026, 1, 3, 4, 5),
      updated: Date.UTC(2026, 1, 3, 5),
    })
    expect(only(read).turns[1]?.model).toBe('model-a')
    expect(JSON.stringify(read)).not.toContain('secret')
  })

  test('the first form keeps topics as entries and texts in the messages', () => {
    const old = {
      version: 1,
      localStorage: {},
      indexedDB: [
        {
          key: 'topic:t',
          value: {
            id: 't',
            messages: [
              { id: 'q', role: 'user', content: 'Q' },
              { id: 'a', role: 'assistant', content: 'A' },
            ],
          },
        },
        { key: 'image://avatar', value: 'x' },
      ],
    }
    const read = readCherryStudio(old, () => null)
    expect(short(only(read))).toEqual([' > q: Q', 'q > a: A', '= a'])
    expect(only(read).title).toBeNull()
  })
})

test('values of wrong kinds are passed over, whatever they are', () => {
  const wrong = [
    null,
    7,
    'x',
    [],
    {},
    { mapping: { a: 1, b: { message: 7, parent: 7, children: 'x' } } },
    { chat: { history: { messages: { a: null, b: { role: 7, content: {}, files: [7], childrenIds: [7] } } } } },
    { conv: {}, messages: [null, 7, { id: 7, role: 'user', content: 'x', extra: [null] }] },
  ]
  for (const value of wrong) {
    expect(readOpenWebUi([value]).conversations).toEqual([])
    expect(readChatGpt([value], assetFiles([])).conversations).toEqual([])
    expect(readLlamaCpp([value]).conversations).toEqual([])
    expect(readJan(value, [value]).conversations).toEqual([])
    expect(readCherryStudio(value, () => null).conversations).toEqual([])
    expect(readLmStudio(value, 'x', () => ({ file: null, facts: value })).conversations).toEqual([])
  }
})
