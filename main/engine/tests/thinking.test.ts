import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { message, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { ALWAYS, END, OPENED_BY_MODEL, SWITCHED, scriptedModel } from '../../testing/scriptedModel.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { AnswerOptions, AnswerRequest, AnswerResult, ModelFiles } from '../index.ts'

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: `${folder.path}/cache` })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

const special = ['<think>', '</think>']
const ANSWER = ['\n\n', 'It', ' is', ' red', '.', END]
const says = [['\n', 'Let', ' me', ' see', '!', '</think>', '\n\n'], ANSWER]
const model = (name: string, script: Partial<Parameters<typeof scriptedModel>[2]> = {}) =>
  scriptedModel(folder.path, name, { says, template: SWITCHED, special, ...script })
let switched: ModelFiles
let endless: ModelFiles
beforeAll(() => {
  switched = model('switched')
  endless = model('endless', { says: [['\n', 'Hm', ' so', 'Hm'], ANSWER] })
})

interface Told {
  readonly reasoning: string
  readonly text: string
  readonly thought: { readonly ms: number; readonly tokens: number } | null
  readonly result: AnswerResult
}

/** Asks and gathers what comes; `onReasoning` hears of the thought so far. */
async function ask(
  request: Partial<AnswerRequest> & { readonly model: ModelFiles },
  options: AnswerOptions = {},
  onReasoning: (reasoning: string) => void = () => {},
): Promise<Told> {
  const told = { reasoning: '', text: '', thought: null as Told['thought'] }
  for await (const event of engine.answer(requestOf([user('What is it?')], request), options)) {
    if (event.type === 'done') return { ...told, result: event.result }
    if (event.type === 'reasoning') {
      expect(told.text, 'a thought comes before the text').toBe('')
      onReasoning((told.reasoning += event.text))
    } else if (event.type === 'text') told.text += event.text
    else if (event.type === 'reasoned') told.thought = { ms: event.ms, tokens: event.tokens }
  }
  throw new Error('The answer ended without a result')
}

describe('a template with a switch', () => {
  test('has the model think first when it is on: the thought comes before the answer and apart from it', async () => {
    const { reasoning, text, thought, result } = await ask({ model: switched, thinking: 'on' })
    expect({ reasoning, text }).toEqual({ reasoning: 'Let me see!', text: 'It is red.' })
    expect(thought).toEqual({ ms: expect.any(Number) as number, tokens: 5 })
    expect(result.usage).toMatchObject({ completionTokens: 10, reasoningTokens: 5 })
    expect(result.finishReason).toBe('stop')
  })

  test('has it answer at once when it is off, also about a picture', async () => {
    for (const messages of [[user('What is it?')], [user(sample('red-circle'), 'What is it?')]]) {
      const { reasoning, text, thought, result } = await ask({ model: switched, messages, thinking: 'off' })
      expect({ reasoning, text, thought }).toEqual({ reasoning: '', text: 'It is red.', thought: null })
      expect(result.usage).not.toHaveProperty('reasoningTokens')
    }
  })

  test('is told by the engine, as one that always thinks and one that knows of no thoughts', async () => {
    await ask({ model: switched, thinking: 'off' })
    expect(engine.state.thinking).toBe('switch')
    await ask({ model: model('always', { template: ALWAYS }) })
    expect(engine.state.thinking).toBe('always')
    const { model: demo } = requestOf([])
    await ask({ model: demo })
    expect(engine.state.thinking).toBe('none')
  })
})

describe('a thought is told from the answer', () => {
  test.each([
    ['that a template without a switch opens', { template: ALWAYS }],
    [
      'that the model opens',
      { template: OPENED_BY_MODEL, says: [['\n', '<think>', 'Let', ' me', ' see', '!', '</think>', '\n\n'], ANSWER] },
    ],
    [
      'whose tags are spelled',
      { special: [], says: [['\n', 'Let', ' me', ' see', '!', '</', 'think', '>', '\n\n'], ANSWER] },
    ],
    [
      'whose tag begins and ends within tokens',
      { special: [], says: [['\n', 'Let', ' me see!</thi', 'nk>\n\nIt', ' is', ' red', '.', END]] },
    ],
  ])('%s', async (name, script) => {
    const { reasoning, text, thought } = await ask({ model: model(name, script), thinking: 'on' })
    expect({ reasoning, text }).toEqual({ reasoning: 'Let me see!', text: 'It is red.' })
    expect(thought!.tokens).toBeGreaterThan(2)
  })

  test('but not in raw text, nor in what is only compared', async () => {
    const { reasoning, text } = await ask({ model: switched, thinking: 'on', ignoreEos: true, maxTokens: 7 })
    expect({ reasoning, text }).toEqual({ reasoning: '', text: 'Let me see!</think>\n\nIt' })
    const raw = await ask({ model: switched, isRaw: true, messages: [user('<think>\n')], maxTokens: 5 })
    expect({ reasoning: raw.reasoning, text: raw.text }).toEqual({ reasoning: '', text: 'Let me see!</think>' })
  })

  test('that is stopped: what was thought is kept, and counted', async () => {
    const abort = new AbortController()
    const stopped = await ask({ model: endless, thinking: 'on' }, { signal: abort.signal }, (reasoning) => {
      if (reasoning.length > 20) abort.abort()
    })
    expect(stopped.result.finishReason).toBe('aborted')
    expect(stopped.text).toBe('')
    expect(stopped.reasoning).toMatch(/^Hm so(Hm so)*(Hm)?$/)
    expect(stopped.thought!.tokens).toBe(stopped.result.usage.completionTokens)
  })
})

describe('the limit of a thought', () => {
  const EARLY =
    'Considering the limited time by the user, I have to give the solution based on the thinking directly now.'

  test('closes it with the words that Qwen documents, and the answer goes on for its own length', async () => {
    const { reasoning, text, result } = await ask({ model: endless, thinking: 'on', thinkingBudget: 6, maxTokens: 3 })
    expect(reasoning).toBe(`Hm soHm soHm so\n\n${EARLY}`)
    expect(text).toBe('It is')
    expect(result.usage.completionTokens - result.usage.reasoningTokens!).toBe(3)
    expect(result.usage.cutOff).toBe('length')
  })

  test('is not met by a thought that ends before', async () => {
    const { reasoning, text } = await ask({ model: switched, thinking: 'on', thinkingBudget: 5 })
    expect({ reasoning, text }).toEqual({ reasoning: 'Let me see!', text: 'It is red.' })
  })

  test('is the context where there is no other: an answer still has its room', async () => {
    const { reasoning, text, result } = await ask({ model: endless, thinking: 'on', contextTokens: 512, maxTokens: 64 })
    expect(reasoning).toMatch(new RegExp(`^(Hm so)+(Hm)?\\n\\n${EARLY}$`))
    expect(text).toBe('It is red.')
    const { promptTokens, reasoningTokens = 0 } = result.usage
    expect(promptTokens + reasoningTokens).toBeLessThanOrEqual(512 - 64)
    expect(promptTokens + reasoningTokens).toBeGreaterThan(512 - 64 - 8)
    expect(result.finishReason).toBe('stop')
  })

  test('holds in a batch too, where each thought comes with its request', async () => {
    const requests = [6, 2].map((thinkingBudget) =>
      requestOf([user('What is it?')], { model: endless, thinking: 'on', thinkingBudget, contextTokens: 1024 }),
    )
    const told = requests.map(() => ({ reasoning: '', text: '' }))
    for await (const event of engine.batch(endless, requests, { parallel: 2 }))
      if (event.type === 'reasoning' || event.type === 'text') told[event.index]![event.type] += event.text
    expect(told).toEqual([
      { reasoning: `Hm soHm soHm so\n\n${EARLY}`, text: 'It is red.' },
      { reasoning: `Hm so\n\n${EARLY}`, text: 'It is red.' },
    ])
  })
})

test('a context of its own size has room for a thought where one is expected, and no more than before where none is', async () => {
  const files = model('large', { context: 32_768 })
  const contextOf = async (request: Partial<AnswerRequest>) =>
    (await ask({ model: files, contextTokens: null, maxTokens: 7000, ...request })).result.usage.contextTokens
  expect(await contextOf({ thinking: 'off' })).toBe(8192)
  expect(await contextOf({ thinking: 'on', thinkingBudget: 100 })).toBe(8192)
  expect(await contextOf({ thinking: 'on' })).toBeGreaterThan(7000 + 4096)
})

describe('an answer that is held to a form', () => {
  const format = { jsonSchema: '{"enum": ["red", "blue"]}' }

  test.each([
    ['after a thought that its prompt opened', SWITCHED, says],
    ['after a thought that is left to the model, which is opened for it', OPENED_BY_MODEL, says],
  ])('is held to it %s', async (name, template, script) => {
    const files = model(name, { template, says: script })
    const { reasoning, text } = await ask({ model: files, thinking: 'on', format })
    expect(reasoning).toBe('Let me see!')
    expect(['red', 'blue']).toContain(JSON.parse(text))
  })

  test('is held to it after a thought that was closed early, and without one', async () => {
    const early = await ask({ model: endless, thinking: 'on', thinkingBudget: 4, format })
    expect(early.reasoning).toContain('Considering')
    expect(['red', 'blue']).toContain(JSON.parse(early.text))
    const { reasoning, text } = await ask({ model: switched, thinking: 'off', format })
    expect(reasoning).toBe('')
    expect(['red', 'blue']).toContain(JSON.parse(text))
  })

  test('loses what stands in one token with the end of the thought, and nothing else', async () => {
    const files = model('glued', { special: [], says: [['\n', 'Let', ' see!</thi', 'nk>{"a', 'It', END]] })
    const { reasoning, text } = await ask({ model: files, thinking: 'on', format })
    expect(reasoning).toBe('Let see!')
    expect(['red', 'blue']).toContain(JSON.parse(text))
  })

  test('with a grammar that cannot be read fails before the thought', async () => {
    await expect(
      ask({ model: switched, thinking: 'on', format: { grammar: 'root ::= root "a"' } }),
    ).rejects.toMatchObject({
      code: 'InvalidInput',
    })
  })
})

test('the next question is without the thought: what stands before it is not computed again', async () => {
  const conversation = { conversationId: 'next' }
  const first = await ask({ model: switched, thinking: 'on' }, conversation)
  const second = await ask(
    {
      model: switched,
      thinking: 'on',
      messages: [
        user('What is it?'),
        { ...message('assistant', first.text), reasoning: first.reasoning },
        user('And now?'),
      ],
    },
    conversation,
  )
  // all of the first prompt but "<think>\n", which the answer stands in the place of
  expect(second.result.usage.cachedTokens).toBe(first.result.usage.promptTokens - 2)
  expect({ reasoning: second.reasoning, text: second.text }).toEqual({ reasoning: 'Let me see!', text: 'It is red.' })
})
