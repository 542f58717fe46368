import { afterAll, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { answered, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { END, SWITCHED, scriptedModel } from '../../testing/scriptedModel.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { AnswerRequest, BegunAnswer } from '../index.ts'

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: `${folder.path}/cache` })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

/** Asks and gathers thought and text apart. */
async function ask(request: AnswerRequest, conversationId?: string) {
  const told = { reasoning: '', text: '' }
  for await (const event of engine.answer(request, conversationId ? { conversationId } : {})) {
    if (event.type === 'reasoning' || event.type === 'text') told[event.type] += event.text
    else if (event.type === 'done') return { ...told, result: event.result }
  }
  throw new Error('The answer ended without a result')
}

test('an answer that was cut anywhere goes on as if it had not been, also within a character', async () => {
  // a model of random weights, whose tokens are pieces of characters more often than not
  const request = requestOf([user('Go on')], {
    model: goldenModel('qwen2vl'),
    maxTokens: 24,
    ignoreEos: true,
    mayGoOn: true,
  })
  const whole = await ask(request)
  expect(whole.text).toContain('\ufffd')
  for (let cut = 1; cut < 24; cut += 2) {
    const first = await ask({ ...request, maxTokens: cut }, 'cut')
    expect(first.result.usage.cutOff).toBe('length')
    const begun = { text: first.text, tokens: first.result.tokens }
    if (first.text === '') continue
    const rest = await ask({ ...request, begun, maxTokens: 24 - cut }, 'cut')
    expect(rest.result.tokens).toEqual(whole.result.tokens)
    expect(first.text + rest.text, `cut after ${cut} tokens`).toBe(whole.text)
    expect(rest.result.promptIds).toEqual(whole.result.promptIds)
    expect(rest.result.usage).toMatchObject({ promptTokens: first.result.usage.promptTokens, completionTokens: 24 })
    expect(rest.result.usage.cachedTokens).toBeGreaterThanOrEqual(first.result.usage.promptTokens - 1)
  }
})

const picture = (over: Partial<AnswerRequest> = {}) =>
  requestOf([user(sample('red-circle'), 'What is in the picture?')], over)

test.each<[string, (begun: BegunAnswer) => BegunAnswer]>([
  ['whose tokens are not known', ({ text }) => ({ text })],
  ['of which more was written than its tokens say', ({ text, tokens }) => ({ text, tokens: tokens!.slice(0, 1) })],
  ['whose tokens are not of this model', ({ text }) => ({ text, tokens: [-1, 9_999_999] })],
])('an answer %s goes on from its words', async (_, known) => {
  const { text: whole } = await answered(engine, picture())
  const first = await answered(engine, picture({ maxTokens: 3 }))
  const rest = await answered(engine, picture({ begun: known({ text: first.text, tokens: first.result.tokens }) }))
  expect(first.text + rest.text).toBe(whole)
})

test('an answer that is held to a form goes on in that form', async () => {
  const format = { jsonSchema: '{"type":"object","properties":{"name":{"enum":["a red circle"]}},"required":["name"]}' }
  const { text: whole } = await answered(engine, picture({ format }))
  expect(JSON.parse(whole)).toEqual({ name: 'a red circle' })
  const first = await answered(engine, picture({ format, maxTokens: 4 }))
  const rest = await answered(engine, picture({ format, begun: { text: first.text, tokens: first.result.tokens } }))
  expect(JSON.parse(first.text + rest.text)).toEqual({ name: 'a red circle' })
})

test('a thought that was cut goes on as one, and an answer after it as an answer', async () => {
  const says = [
    ['\n', 'Let', ' me', ' see', '!', '</think>', '\n\n'],
    ['\n\n', 'It', ' is', ' red', '.', END],
  ]
  const model = scriptedModel(folder.path, 'thinks', { says, template: SWITCHED, special: ['<think>', '</think>'] })
  const asked = (over: Partial<AnswerRequest>) => requestOf([user('What?')], { model, thinking: 'on', ...over })
  const whole = await ask(asked({}))
  const thought = { text: '', reasoning: 'Let me', tokens: whole.result.tokens.slice(0, 2) }
  for (const begun of [thought, { text: '', reasoning: 'Let me' }]) {
    const rest = await ask(asked({ begun }))
    expect(`Let me${rest.reasoning}`.replace(/\s+/g, ' '), JSON.stringify(begun)).toBe('Let me see!')
    expect(rest.text).toBe('It is red.')
  }
  const answer = { text: 'It is', reasoning: 'Let me see!', tokens: whole.result.tokens.slice(0, -2) }
  for (const begun of [answer, { text: 'It is', reasoning: 'Let me see!' }])
    expect(await ask(asked({ begun }))).toMatchObject({ reasoning: '', text: ' red.' })
})
