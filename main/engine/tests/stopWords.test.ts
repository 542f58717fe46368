import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { message, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { END, SWITCHED, scriptedModel } from '../../testing/scriptedModel.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { AnswerRequest, AnswerResult, ModelFiles } from '../index.ts'

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: `${folder.path}/cache` })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

const ANSWER = ['\n\n', 'It', ' is', ' red', '.', ' ST', 'OP', ' more', END]
let thinker: ModelFiles
let untagged: ModelFiles
beforeAll(() => {
  const special = ['<think>', '</think>']
  thinker = scriptedModel(folder.path, 'thinker', {
    says: [['\n', 'A', ' STOP', '!', '</think>', '\n\n'], ANSWER],
    ...{ template: SWITCHED, special },
  })
  const plain = SWITCHED.replace(
    /\{%- if add_generation_prompt.*$/s,
    "{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif -%}",
  )
  untagged = scriptedModel(folder.path, 'untagged', {
    says: [
      ['\n', 'Let', ' me', ' see', '!', '\n\n'],
      ['\n\n', '(', 'Answer', ')', ' red', END],
    ],
    template: plain,
  })
})

async function ask(request: Partial<AnswerRequest> & { readonly model: ModelFiles }) {
  const told = { reasoning: '', text: '', pieces: [] as string[] }
  for await (const event of engine.answer(requestOf([user('What is it?')], request))) {
    if (event.type === 'done') return { ...told, result: event.result as AnswerResult }
    if (event.type === 'reasoning') told.reasoning += event.text
    if (event.type !== 'text') continue
    told.text += event.text
    told.pieces.push(event.text)
  }
  throw new Error('The answer ended without a result')
}

describe('an answer ends before a stop word', () => {
  test('also where it comes in several tokens, of which nothing is told', async () => {
    const { text, pieces, result } = await ask({ model: thinker, thinking: 'off', stop: [' STOP', 'never'] })
    expect(text).toBe('It is red.')
    expect(pieces.join('|')).not.toContain('ST')
    expect(result.finishReason).toBe('stop')
    expect(result.usage).not.toHaveProperty('cutOff')
  })

  test('and what only began like one is told', async () => {
    const { text } = await ask({ model: thinker, thinking: 'off', stop: ['STOPS', ' morer'] })
    expect(text).toBe('It is red. STOP more')
  })

  test('but not before one in its thought', async () => {
    const { reasoning, text } = await ask({ model: thinker, thinking: 'on', stop: ['STOP'] })
    expect({ reasoning, text }).toEqual({ reasoning: 'A STOP!', text: 'It is red. ' })
  })

  test('each of a batch by itself', async () => {
    const requests = [['red'], []].map((stop) =>
      requestOf([user('What is it?')], { model: thinker, thinking: 'off', stop }),
    )
    const texts = ['', '']
    for await (const event of engine.batch(thinker, requests))
      if (event.type === 'text') texts[event.index] += event.text
    expect(texts).toEqual(['It is ', 'It is red. STOP more'])
  })
})

describe('a thought that no tag opens or closes', () => {
  test('ends where the answer begins, which is told whole', async () => {
    const { reasoning, text, result } = await ask({ model: untagged, thoughtUntil: ['(Final', '(Answer)'] })
    expect({ reasoning, text }).toEqual({ reasoning: 'Let me see!', text: '(Answer) red' })
    expect(result.usage.reasoningTokens).toBeGreaterThan(0)
  })

  test('ends at the latest with its last paragraph', async () => {
    const { reasoning, text } = await ask({ model: untagged, thoughtUntil: ['never'] })
    expect({ reasoning, text }).toEqual({ reasoning: 'Let me see!', text: '(Answer) red' })
  })
})

describe('sizes of a picture', () => {
  const seen = async (size: object, text = 'What is it?') => {
    const shown = sample('red-circle')
    const wanted = requestOf([message('user', { ...shown, ...size }, { type: 'text', text, isSized: true })], {
      maxTokens: 1,
    })
    for await (const event of engine.answer(wanted)) if (event.type === 'seen') return event.seen.media[0]!
    throw new Error('Nothing was seen')
  }

  test('the longest side, the shortest side, and an exact size', async () => {
    const limits = { minPixels: 784, maxPixels: 16_384 * 784 }
    expect(await seen({ longestSide: 112, ...limits })).toMatchObject({ width: 112 })
    expect(await seen({ shortestSide: 56, ...limits })).toMatchObject({ height: 56 })
    expect(await seen({ resizedWidth: 140, resizedHeight: 84 })).toMatchObject({ width: 140, height: 84 })
  })

  test('the size that the model gets is told where a text asks for it', async () => {
    const size = { resizedWidth: 140, resizedHeight: 84 }
    const count = async (text: string, isSized: boolean) => {
      const messages = [message('user', { ...sample('red-circle'), ...size }, { type: 'text', text, isSized })]
      return (await engine.count(requestOf(messages))).total
    }
    expect(await count('{width} x {height}', true)).toBe(await count('140 x 84', false))
    expect(await count('{width} x {height}', false)).not.toBe(await count('140 x 84', false))
  })

  test('a system prompt that tells the size is left out where there is no picture', async () => {
    const count = async (...before: ReturnType<typeof message>[]) =>
      (await engine.count(requestOf([...before, user('What is it?')]))).total
    const sized = { type: 'text', text: 'The picture has {width} x {height} pixels.', isSized: true } as const
    const plain = { type: 'text', text: 'Be brief.' } as const
    expect(await count(message('system', sized))).toBe(await count())
    expect(await count(message('system', plain, sized))).toBe(await count(message('system', plain)))
  })
})
