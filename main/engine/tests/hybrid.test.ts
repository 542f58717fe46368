import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { golden, goldenModel } from '../../testing/engineGoldens.ts'
import { answered, message, requestOf, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { AnswerRequest, AnswerResult, ChatMessage, ChatPart, Engine } from '../index.ts'

/** A hybrid model, whose recurrent states cannot be cut back: whatever is used again, no token may change by it. */
const model = goldenModel('qwen35')
const folder = tempFolder()
/** Of each engine the youngest process. */
const pids = new Map<string, number>()
const start = (name: string): Engine =>
  createEngine({
    cachePath: join(folder.path, name),
    spawn: (worker) => {
      const spawned = forkWorker(worker)
      if (worker === 'engine') pids.set(name, spawned.pid!)
      return spawned
    },
  })
let warm = start('warm')
const fresh = start('fresh')
afterAll(async () => {
  await Promise.all([warm.close(), fresh.close()])
  folder.remove()
})

const ask = (messages: readonly ChatMessage[], more: Partial<AnswerRequest> = {}): AnswerRequest =>
  requestOf(messages, {
    model,
    budget: { minPixels: 65_536, maxPixels: 262_144 },
    contextTokens: 2048,
    maxTokens: 6,
    ignoreEos: true,
    ...more,
  })
const picture = (letter: string): ChatPart => ({
  type: 'image',
  source: { path: golden('qwen3vl', 'images', `img_${letter}.png`) },
})
/** Computes a request with nothing of it known. */
async function expectedOf(request: AnswerRequest): Promise<AnswerResult> {
  await fresh.unload()
  const { result } = await answered(fresh, request)
  expect(result.usage.cachedTokens).toBe(0)
  return result
}
/** Asks in a conversation and checks the tokens. Returns how many were not computed again, and how many there are. */
async function asked(request: AnswerRequest, conversationId = 'a'): Promise<{ cached: number; all: number }> {
  const { result } = await answered(warm, request, { conversationId })
  expect(result.tokens).toEqual((await expectedOf(request)).tokens)
  return { cached: result.usage.cachedTokens, all: result.usage.promptTokens }
}

const system = message('system', 'You look at pictures and say what is on them, in few words.')
const first = [system, user(picture('a'), 'What is in the picture?')]
const second = [...first, message('assistant', 'A red ball.'), user('Is it large?')]
const changed = [...first, message('assistant', 'A red ball.'), user('Which colour does it have?')]
/** Tokens from the beginning of an answer's turn on, and of a short question with the answer before it. */
const TURN = 8
const EXCHANGE = 40

describe('a conversation with a hybrid model computes again no more than from its last checkpoint on', () => {
  beforeAll(() => asked(ask(first)))

  test('for a second question', async () => {
    const { cached, all } = await asked(ask(second))
    expect(all - cached).toBeLessThan(EXCHANGE)
  })

  test('for another try', async () => {
    const { cached, all } = await asked(ask(second))
    expect(all - cached).toBeLessThan(TURN)
  })

  test('for the last question with other words, and back to the first words', async () => {
    for (const branch of [changed, second, changed]) {
      const { cached, all } = await asked(ask(branch))
      expect(all - cached).toBeLessThan(EXCHANGE)
    }
  })

  test('for the first question with other words: its picture stays', async () => {
    const { cached } = await asked(ask([system, user(picture('a'), 'Is anything blue?')]))
    expect(cached).toBeGreaterThan(64)
    expect((await asked(ask(second))).cached).toBeGreaterThan(64)
  })

  test('after a stop in the middle of an answer', async () => {
    const abort = new AbortController()
    await answered(
      warm,
      ask(second, { maxTokens: 400 }),
      { conversationId: 'a', signal: abort.signal },
      (event) => event.type === 'text' && abort.abort(),
    )
    const { cached, all } = await asked(ask(second))
    expect(all - cached).toBeLessThan(EXCHANGE)
  })

  test('for a question whose picture was prepared, and a second one', async () => {
    const drafted = user(picture('c'), 'And what is here?')
    const options = { conversationId: 'a' }
    await warm.prepare(ask([...second, message('assistant', 'No.'), user(picture('c'), '')]), options)
    const sent = [...second, message('assistant', 'No.'), drafted]
    const { cached, all } = await asked(ask(sent))
    expect(all - cached).toBeLessThan(EXCHANGE)
    // while the next one is written nothing is lost
    const next = [...sent, message('assistant', 'A tree.'), user('How tall is it?')]
    await warm.prepare(ask(next), options)
    const again = await asked(ask(next))
    expect(again.all - again.cached).toBeLessThan(EXCHANGE)
  })
})

describe('of a conversation whose answers had a thought, which the next prompt is without, no more is computed again', () => {
  const thought = { ...message('assistant', 'A red ball.'), reasoning: 'There is something round.' }
  const thinks = (messages: readonly ChatMessage[]) =>
    asked(ask(messages, { thinking: 'on', thinkingBudget: 6, ignoreEos: false }), 'thought')
  const next = [...first, thought, user('Is it large?')]

  beforeAll(() => thinks(first))

  test('for a second question', async () => {
    const { cached, all } = await thinks(next)
    expect(all - cached).toBeLessThan(EXCHANGE)
  })

  test('for the last question with other words, and back to the branch with the first words', async () => {
    for (const question of ['Which colour does it have?', 'Is it large?']) {
      const { cached, all } = await thinks([...first, thought, user(question)])
      expect(all - cached).toBeLessThan(EXCHANGE)
    }
  })

  test('for another try of the first answer, and the branch that goes on from the other one', async () => {
    const again = await thinks(first)
    expect(again.all - again.cached).toBeLessThan(TURN)
    const { cached, all } = await thinks(next)
    expect(all - cached).toBeLessThan(EXCHANGE)
  })

  test('after a restart', async () => {
    await warm.close()
    warm = start('warm')
    const { cached, all } = await thinks([...next, { ...thought, content: user('No.').content }, user('Why?')])
    expect(all - cached).toBeLessThan(2 * EXCHANGE)
  })
})

describe('what a hybrid model has computed outlives', () => {
  const more = [...second, message('assistant', 'No.'), user('Why?')]
  const resumed = async (conversationId: string) => {
    const { cached, all } = await asked(ask(more), conversationId)
    expect(all - cached).toBeLessThan(EXCHANGE)
  }

  test('another conversation', async () => {
    await asked(ask(second), 'b')
    await asked(ask([user(picture('e'), 'What is it?')]), 'c')
    await resumed('b')
    expect((await asked(ask([user(picture('e'), 'Where is it?')]), 'c')).cached).toBeGreaterThan(60)
  })

  test('a restart, with the place before the last question too', async () => {
    await asked(ask(second), 'd')
    await warm.close()
    warm = start('warm')
    const edited = await asked(ask(changed), 'd')
    expect(edited.cached).toBeGreaterThan(64)
    await asked(ask(second), 'd')
    await warm.close()
    warm = start('warm')
    await resumed('d')
  })

  test('a crash: what was saved is there in the next process', async () => {
    await asked(ask(second), 'e')
    // another conversation takes its place, which saves it
    await asked(ask([user('Hello')]), 'f')
    await warm.unload()
    const running = answered(warm, ask([user('Go on.')], { maxTokens: 1500 }), {}, (event) => {
      if (event.type === 'text') process.kill(pids.get('warm')!, 'SIGKILL')
    })
    await expect(running).rejects.toMatchObject({ code: 'EngineCrashed' })
    await resumed('e')
  })
})

test('a context that is full is refused, and the conversation goes on as before', async () => {
  const before = await asked(ask(second), 'full')
  const long = [...second, message('assistant', 'No.'), user('large and small '.repeat(1200))]
  await expect(answered(warm, ask(long), { conversationId: 'full' })).rejects.toMatchObject({ code: 'ContextFull' })
  const { cached, all } = await asked(ask(second), 'full')
  expect(all).toBe(before.all)
  expect(all - cached).toBeLessThan(EXCHANGE)
})

test.each(['qwen35', 'qwen35moe'] as const)('a batch of %s gives the tokens that single answers give', async (set) => {
  const requests = ['a', 'b', 'c', 'e', 'g'].map((letter, i) =>
    ask([user(picture(letter), `Question ${i}: what is it?`)], { model: goldenModel(set), maxTokens: 4 + 2 * i }),
  )
  const results: (AnswerResult | undefined)[] = []
  for await (const event of warm.batch(goldenModel(set), requests, { parallel: 3 }))
    if (event.type === 'done') results[event.index] = event.result
  for (const [i, request] of requests.entries()) expect(results[i]?.tokens).toEqual((await expectedOf(request)).tokens)
})
