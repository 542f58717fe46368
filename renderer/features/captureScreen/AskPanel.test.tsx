// @vitest-environment happy-dom
import { AppError, Preset, Profile } from '#contract'
import type { ConversationEvent, EngineStatus, Message } from '#contract'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useEngine } from '../../lib/engine.ts'
import { useHost } from '../../lib/host.ts'
import { useProfiles } from '../../lib/profiles.ts'
import { core } from '../../testing/fakeRpc.ts'
import { wholePath } from '../../testing/wholePath.ts'
import { clearPage } from '../../testing/page.ts'
import { AskPanel } from './AskPanel.tsx'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

/**
 * What the panel asked for, the conversations that are gone, and how to send the next event of the one that is watched.
 */
const watched: string[] = []
const sent: { conversationId: string | null; parts: { type: string }[]; job?: string; preset?: object }[] = []
const removed = new Set<string>()
let tell: (event: object) => void = () => {}

core['conversations'] = {
  watch: async ({ id }: { id: string }) => {
    watched.push(id)
    if (removed.has(id)) throw new AppError('NotFound', 'This conversation no longer exists.')
    return eventsOf()
  },
}
core['ask'] = {
  send: async (question: (typeof sent)[number]) => {
    sent.push(question)
    return { conversationId: `c${sent.length}`, answerId: 'a' }
  },
}

core['presets'] = {
  watch: async () =>
    (async function* () {
      const presets = [
        { name: 'Short', prompt: 'What is it?', systemPrompt: 'Be short' },
        { name: 'Asks first', prompt: 'Find {{a thing}}' },
      ]
      yield presets.map((one) => ({ id: one.name, isOwn: true, preset: Preset.parse(one) }))
      await new Promise(() => {})
    })(),
}

/** Events until one says that the conversation was removed, which is where the core ends the stream too. */
async function* eventsOf(): AsyncGenerator<object> {
  for (;;) {
    const event = await new Promise<{ type?: string }>((resolve) => (tell = resolve))
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
  ...wholePath([answer(text)]),
  progress: {},
})

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  useHost.setState({ host: { attachments: 'http://core/attachments/', capabilities: { filePaths: false } } as never })
  vi.stubGlobal('fetch', async () => Response.json({ sha: 'ab', name: 'Screenshot.png' }))
  watched.length = sent.length = 0
  removed.clear()
})
afterEach(() => {
  clearPage()
  useProfiles.setState({ profiles: [], used: {} })
  useEngine.setState({ status: null })
  vi.useRealTimers()
})

const show = (): void => {
  render(
    <AskPanel
      png={new Blob(['png'])}
      size={{ width: 200, height: 100 }}
      screen={{ x: 300, y: 40 }}
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
  await vi.waitFor(() => expect(watched).toHaveLength(1))
  tell(snapshot('A red'))
  await screen.findByText('A red')
  return user
}

test('the answer is shown as it is written, and the panel asks on in the same conversation', async () => {
  show()
  const user = await askFirst()
  tell({ type: 'text', seq: 2, messageId: 'a', offset: 5, text: ' circle' })
  await screen.findByText('A red circle')
  tell({ type: 'message', seq: 3, message: { ...answer('A red circle.'), status: 'complete' } })
  await user.type(screen.getByRole('textbox'), 'Where?')
  await user.click(await screen.findByRole('button', { name: 'Ask' }))
  await vi.waitFor(() => expect(sent).toHaveLength(2))
  expect(sent[1]).toEqual({ conversationId: 'c1', parts: [{ type: 'text', text: 'Where?' }] })
})

test('a preset that asks for nothing first is chosen, and the conversation is asked with it', async () => {
  show()
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime })
  const preset = await screen.findByRole('combobox', { name: 'Preset' })
  expect([...preset.querySelectorAll('option')].map(({ text }) => text)).toEqual(['No preset', 'Short'])
  await user.selectOptions(preset, 'Short')
  expect(screen.getByRole('textbox')).toHaveProperty('value', 'What is it?')
  await user.click(screen.getByRole('button', { name: 'Ask' }))
  await vi.waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]?.preset).toEqual({ name: 'Short', systemPrompt: 'Be short' })
})

test('a conversation that was removed is said to be, is not watched any longer, and the picture can begin another', async () => {
  show()
  const user = await askFirst()
  removed.add('c1')
  tell({ type: 'removed', seq: 2 })
  await screen.findByText(/conversation was removed/)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(watched.length, 'at most once more, to hear that it is gone').toBeLessThanOrEqual(2)

  await user.click(screen.getByRole('button', { name: 'Read the text' }))
  await vi.waitFor(() => expect(sent).toHaveLength(2))
  expect(sent[1]).toMatchObject({ conversationId: null, parts: [{ type: 'image' }, { type: 'text' }] })
})

test('the answer of a screen model is what it would do, and where that is clicked is copied in pixels of the screen', async () => {
  show()
  const user = await askFirst()
  expect(sent[0]).toMatchObject({ parts: [{ type: 'image', screen: { x: 300, y: 40 } }, { type: 'text' }] })
  const text = "Thought: The left one.\nAction: click(start_box='(500,250)')"
  const seen: Message['seen'] = {
    family: 'qwen2vl',
    media: [{ width: 56, height: 28, frames: 1, tokens: 2 }],
    profile: { id: 'ui-tars', name: 'UI-TARS', parser: 'action', space: 'thousandths' },
  }
  tell({ type: 'message', seq: 2, message: { ...answer(text), status: 'complete', seen } })
  const steps = await screen.findByRole('list', { name: 'What the model would do' })
  expect(steps.textContent).toBe('Click')
  expect(screen.getByRole('button', { name: 'Thought' })).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Copy click position' }))
  await vi.waitFor(async () => expect(await navigator.clipboard.readText()).toBe('400, 65'))
})

/** The current model is asked with a profile. */
const askedWith = (profile: Profile): void => {
  useProfiles.setState({
    profiles: [{ profile, isOwn: false }],
    used: { fine: { id: profile.id, why: 'Known by its name.' } },
  })
  useEngine.setState({ status: { modelId: 'fine' } as EngineStatus })
}

test('a screen model is asked for the place of what is typed, unless another job or none is chosen', async () => {
  askedWith(
    Profile.parse({
      ...{ id: 'screen', name: 'Screen', parser: 'action' },
      jobs: [
        { id: 'describe', label: 'Describe', prompt: 'Describe.' },
        { id: 'ground', label: 'Find an element', prompt: 'Find {text}.' },
      ],
    }),
  )
  show()
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime })
  const jobs = screen.getByRole<HTMLSelectElement>('combobox', { name: 'Job of Screen' })
  expect(jobs.selectedOptions[0]!.text).toBe('Find an element')
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Ask' }).disabled).toBe(true)
  await user.type(screen.getByRole('textbox'), 'the bell')
  await user.click(screen.getByRole('button', { name: 'Ask' }))
  await vi.waitFor(() => expect(watched).toHaveLength(1))
  expect(sent[0]).toMatchObject({ job: 'ground', parts: [{ type: 'image' }, { type: 'text', text: 'the bell' }] })
  tell({ ...snapshot(''), messages: [{ ...answer('There.'), status: 'complete' }] })
  await screen.findByText('There.')
  await user.selectOptions(jobs, 'No job')
  await user.type(screen.getByRole('textbox'), 'Why?')
  await user.click(await screen.findByRole('button', { name: 'Ask' }))
  await vi.waitFor(() => expect(sent).toHaveLength(2))
  expect(sent[1]).not.toHaveProperty('job')
})

test('a page is read without words, and shown and copied as its words', async () => {
  askedWith(
    Profile.parse({
      ...{ id: 'reader', name: 'Reader', parser: 'nanonets' },
      jobs: [{ id: 'page', label: 'Read the page', prompt: 'Read.' }],
    }),
  )
  show()
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime })
  await user.selectOptions(screen.getByRole('combobox', { name: 'Job of Reader' }), 'Read the page')
  await user.click(screen.getByRole('button', { name: 'Ask' }))
  await vi.waitFor(() => expect(watched).toHaveLength(1))
  expect(sent[0]).toMatchObject({ job: 'page', parts: [{ type: 'image' }] })
  expect(sent[0]!.parts).toHaveLength(1)
  const seen: Message['seen'] = {
    ...{ family: 'qwen2vl', media: [] },
    profile: { id: 'reader', name: 'Reader', parser: 'nanonets', space: null },
  }
  const read = '# Bells\n\n<page_number>7</page_number>'
  tell({ ...snapshot(''), messages: [{ ...answer(read), status: 'complete', seen }] })
  const shown = await screen.findByTestId('panel-answer')
  expect(shown.textContent).toContain('Bells')
  expect(shown.textContent).not.toMatch(/#|page_number/)
  await user.click(screen.getByRole('button', { name: 'Copy' }))
  await vi.waitFor(async () => expect(await navigator.clipboard.readText()).toContain('Bells'))
  expect(await navigator.clipboard.readText()).not.toContain('page_number')
})
