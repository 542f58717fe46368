import { afterAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { golden, goldenModel } from '../../testing/engineGoldens.ts'
import { answered, demoModel, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { AnswerRequest, AnswerResult, BatchOptions, ChatPart, ModelFiles } from '../index.ts'

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: folder.path })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

interface Ended {
  readonly texts: string[]
  readonly results: (AnswerResult | undefined)[]
  readonly errors: (string | undefined)[]
  readonly order: number[]
}

async function batch(
  model: ModelFiles,
  requests: readonly AnswerRequest[],
  options: BatchOptions = {},
): Promise<Ended> {
  const ended: Ended = { texts: requests.map(() => ''), results: [], errors: [], order: [] }
  for await (const event of engine.batch(model, requests, options)) {
    if (event.type === 'text') ended.texts[event.index] += event.text
    else ended.order.push(event.index)
    if (event.type === 'done') ended.results[event.index] = event.result
    if (event.type === 'failed') ended.errors[event.index] = event.error.code
  }
  return ended
}

const shapes = ['red-circle', 'blue-square', 'green-star', 'yellow-triangle', 'orange-heart']
const ask = (name: string, more: Partial<AnswerRequest> = {}) =>
  requestOf([user(sample(name), 'What is in the picture?')], more)

describe('a batch', () => {
  test('answers each picture by its own, more requests than sequences', async () => {
    const { texts, results } = await batch(
      demoModel,
      shapes.map((name) => ask(name)),
      { parallel: 3 },
    )
    expect(texts).toEqual(await Promise.all(shapes.map(async (name) => (await answered(engine, ask(name))).text)))
    expect(texts[1]).toBe('A blue square.')
    expect(results.map((result) => result?.finishReason)).toEqual(shapes.map(() => 'stop'))
  })

  test('gives the tokens that single answers give, with full-precision weights', async () => {
    const picture = (letter: string): ChatPart => ({
      type: 'image',
      source: { path: golden('images', `img_${letter}.png`) },
    })
    const exact = {
      model: goldenModel('qwen25vl'),
      budget: { minPixels: 3136, maxPixels: 1_000_000 },
      maxTokens: 12,
      ignoreEos: true,
      contextTokens: 1024,
    }
    // two slices at one position
    const video: ChatPart = {
      type: 'video',
      frames: [0, 1, 2, 3].map((i) => ({ path: golden('images', `v5_${i}.png`) })),
      fps: 8,
    }
    const pictures = ['a', 'b', 'c', 'e', 'f', 'j'].map((letter, i) =>
      requestOf([user(picture(letter), `Question ${i}: what is it?`)], { ...exact, maxTokens: 6 + 2 * i }),
    )
    const requests = [
      ...pictures.slice(0, 2),
      requestOf([user(video, 'Describe the video.')], exact),
      ...pictures.slice(2),
    ]
    const { results } = await batch(exact.model, requests, { parallel: 4 })
    for (const [i, request] of requests.entries())
      expect(results[i]?.tokens).toEqual((await answered(engine, request)).result.tokens)
  })

  test('an error ends one request, not the others', async () => {
    const missing = requestOf([user({ type: 'image', source: { path: '/nowhere/picture.png' } }, 'What is it?')])
    const tooLong = requestOf([user('word '.repeat(6000))])
    const { texts, errors } = await batch(demoModel, [ask('red-circle'), missing, tooLong, ask('blue-square')], {
      parallel: 2,
    })
    expect(texts[0]).toBe('A red circle.')
    expect(texts[3]).toBe('A blue square.')
    expect(errors).toEqual([undefined, 'MediaNotFound', 'ContextFull'])
  })

  test('lets a question go first, and goes on after it', async () => {
    const long = (name: string) => ask(name, { maxTokens: 400, ignoreEos: true })
    const done: string[] = []
    let question: Promise<unknown> | null = null
    for await (const event of engine.batch(demoModel, shapes.map(long), { parallel: 2 })) {
      if (event.type === 'done') done.push('batch')
      // the first text proves that the batch is under way
      question ??= answered(engine, ask('green-star')).then(({ text }) => done.push(text))
    }
    await question
    expect(done[0]).toBe('A green star.')
    expect(done.filter((end) => end === 'batch')).toHaveLength(shapes.length)
  })

  test('an abort ends all of it, and the engine answers on', async () => {
    const abort = new AbortController()
    let ends = 0
    for await (const event of engine.batch(
      demoModel,
      shapes.map((name) => ask(name, { maxTokens: 2000, ignoreEos: true })),
      { signal: abort.signal },
    )) {
      if (event.type === 'text') abort.abort()
      else ends++
    }
    expect(ends).toBe(0)
    expect((await answered(engine, ask('red-circle'))).text).toBe('A red circle.')
  })

  test('of nothing ends at once', async () => {
    expect((await batch(demoModel, [])).order).toEqual([])
  })
})
