// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AppError, type ConversationEvent, type Message } from '#contract'
import type { Channel } from '../../lib/channel.ts'
import { useHost } from '../../lib/host.ts'
import { AskPanel } from './AskPanel.tsx'

/** The core's side: what was asked for, and the events of the conversation that is watched. */
const core = vi.hoisted(() => ({
  watched: [] as string[],
  sent: [] as { conversationId: string | null; parts: { type: string }[] }[],
  removed: new Set<string>(),
  tell: (_event: object): void => {},
}))

vi.mock('../../lib/rpc.ts', async () => {
  const { createConnection } = await import('../../lib/connection.ts')
  const channel = {
    core: {
      conversations: {
        watch: async ({ id }: { id: string }) => {
          core.watched.push(id)
          if (core.removed.has(id)) throw new AppError('NotFound', 'This conversation no longer exists.')
          return eventsOf()
        },
      },
      ask: {
        send: async (question: (typeof core.sent)[number]) => {
          core.sent.push(question)
          return { conversationId: `c${core.sent.length}`, answerId: 'a' }
        },
      },
    },
    closed: new Promise<void>(() => {}),
  } as unknown as Channel
  return {
    connection: createConnection(() => Promise.resolve(channel)),
    call: (request: (of: unknown) => unknown) => request(channel.core),
  }
})

/** Events until one says that the conversation was removed, which is where the core ends the stream too. */
async function* eventsOf(): AsyncGenerator<object> {
  for (;;) {
    const event = await new Promise<{ type?: string }>((resolve) => (core.tell = resolve))
    yield event
    if (event.type === 'removed') return
  }
}

const answer = (text: string): Message => ({
  id: 'a',
  conversationId: 'c1',
  parentId: 'q',
  role: 'assistant',
  parts: [{ type: 'text', text }],
  format: null,
  status: 'streaming',
  error: null,
  model: 'm',
  usage: null,
  timings: null,
  seen: null,
  leftOut: 0,
  beside: null,
  createdAt: 1,
  siblings: ['a'],
})
const snapshot = (text: string): ConversationEvent => ({
  type: 'snapshot',
  seq: 1,
  conversation: { id: 'c1', title: '', createdAt: 1, updatedAt: 1, leafId: 'a' },
  messages: [answer(text)],
  others: [],
  progress: {},
})

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  useHost.setState({ host: { attachments: 'http://core/attachments/' } as never })
  vi.stubGlobal('fetch', async () => Response.json({ sha: 'ab', name: 'Screenshot.png' }))
  core.watched.length = core.sent.length = 0
  core.removed.clear()
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const show = (): void => {
  render(
    <AskPanel
      png={new Blob(['png'])}
      size={{ width: 200, height: 100 }}
      isWindow={false}
      progressText={() => 'Starting'}
      onOpen={() => {}}
      onClose={() => {}}
    />,
  )
}
const askFirst = async (): Promise<ReturnType<typeof userEvent.setup>> => {
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime })
  await user.click(screen.getByRole('button', { name: 'Explain this' }))
  await vi.waitFor(() => expect(core.watched).toHaveLength(1))
  core.tell(snapshot('A red'))
  await screen.findByText('A red')
  return user
}

test('the answer is shown as it is written, and the panel asks on in the same conversation', async () => {
  show()
  const user = await askFirst()
  core.tell({ type: 'text', seq: 2, messageId: 'a', offset: 5, text: ' circle' })
  await screen.findByText('A red circle')
  core.tell({ type: 'message', seq: 3, message: { ...answer('A red circle.'), status: 'complete' } })
  await user.type(screen.getByRole('textbox'), 'Where?')
  await user.click(await screen.findByRole('button', { name: 'Ask' }))
  await vi.waitFor(() => expect(core.sent).toHaveLength(2))
  expect(core.sent[1]).toEqual({ conversationId: 'c1', parts: [{ type: 'text', text: 'Where?' }] })
})

test('a conversation that was removed is said to be, is not watched any longer, and the picture can begin another', async () => {
  show()
  const user = await askFirst()
  core.removed.add('c1')
  core.tell({ type: 'removed', seq: 2 })
  await screen.findByText(/conversation was removed/)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(core.watched.length, 'at most once more, to hear that it is gone').toBeLessThanOrEqual(2)

  await user.click(screen.getByRole('button', { name: 'Read the text' }))
  await vi.waitFor(() => expect(core.sent).toHaveLength(2))
  expect(core.sent[1]).toMatchObject({ conversationId: null, parts: [{ type: 'image' }, { type: 'text' }] })
})
