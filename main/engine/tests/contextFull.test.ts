import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { answered, message, requestOf, sample, samplePath, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { AnswerRequest, ChatPart } from '../index.ts'

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: join(folder.path, 'cache') })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

/** What the demo model was trained for. */
const TRAINED = 4096
const words = (count: number) => 'circle '.repeat(count)
const picture = sample('red-circle')
/** Seen in 256 tokens. */
const large: ChatPart = {
  type: 'image',
  source: { path: samplePath('blue-square') },
  resizedWidth: 448,
  resizedHeight: 448,
}
const video: ChatPart = {
  type: 'video',
  frames: ['red-circle', 'blue-square', 'green-star'].map((name) => ({ path: samplePath(name) })),
}
const refusal = (request: AnswerRequest) =>
  answered(engine, request).then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  )

describe('counting', () => {
  test('splits a conversation into text, pictures and video, and says what its context holds', async () => {
    const request = requestOf(
      [user(picture, 'What is this?'), message('assistant', 'A red circle.'), user(video, large, 'And these?')],
      {
        contextTokens: 1000,
      },
    )
    const count = await engine.count(request)
    expect(count).toMatchObject({ pictures: 16 + 256, video: 2 * 16, context: 1024 })
    expect(count.text).toBe(count.total - count.pictures - count.video)
    expect(count.text).toBeGreaterThan(10)
    expect(count.lastMessage.slice(0, 2)).toEqual([32, 256])
    const { usage } = (await answered(engine, { ...request, maxTokens: 1 })).result
    expect(usage).toMatchObject({
      promptTokens: count.total,
      imageTokens: count.pictures + count.video,
      contextTokens: count.context,
    })
    expect(await engine.prepare(request)).toEqual(count)
  })

  test('knows the context of a request that leaves it open', async () => {
    const request = requestOf([user('Hello')], { contextTokens: null, maxTokens: 1 })
    const { context } = await engine.count(request)
    expect((await answered(engine, request)).result.usage.contextTokens).toBe(context)
  })
})

describe('a full context is refused with its figures and what helps with the least loss', () => {
  test('a larger context, where the model takes one', async () => {
    const request = requestOf([user(large, words(100))], { contextTokens: 256 })
    const { total, text } = await engine.count(request)
    const error = await refusal(request)
    expect(error).toMatchObject({
      code: 'ContextFull',
      detail: { needed: total, context: 256, text, pictures: 256, video: 0, limit: TRAINED, remedy: 'context' },
    })
    const [, offered] =
      /Raise the context to (\d+) tokens; the model takes up to 4,096/.exec((error as Error).message) ?? []
    // what is offered is enough
    expect(
      (await answered(engine, { ...request, contextTokens: Number(offered), maxTokens: 4 })).result.finishReason,
    ).toMatch(/stop|length/)
  })

  test('fewer earlier messages', async () => {
    const turns = [user(words(2500)), message('assistant', words(2000))]
    const error = await refusal(requestOf([...turns, user(picture, 'What is this?')]))
    expect(error).toMatchObject({
      code: 'ContextFull',
      message: expect.stringMatching(/text [\d,]+, pictures 16\); .*oldest messages/) as string,
      detail: { remedy: 'turns', pictures: 16 },
    })
    // a system prompt stays when turns are left out
    expect(await refusal(requestOf([message('system', words(4200)), ...turns, user('Hello')]))).toMatchObject({
      detail: { remedy: 'text' },
    })
  })

  test('smaller pictures or a smaller video', async () => {
    const huge: ChatPart = { ...large, resizedWidth: 2240, resizedHeight: 2240 } as ChatPart
    expect(await refusal(requestOf([user(huge, 'What is this?')]))).toMatchObject({
      message: expect.stringContaining('Lower the detail of its pictures') as string,
      detail: { remedy: 'detail', pictures: 6400 },
    })
    const long: ChatPart = { ...video, resizedWidth: 1400, resizedHeight: 1400 } as ChatPart
    expect(await refusal(requestOf([user(long, 'What is this?')]))).toMatchObject({
      message: expect.stringContaining('detail of its video') as string,
      detail: { remedy: 'detail', video: 5000 },
    })
  })

  test('less text', async () => {
    expect(await refusal(requestOf([user(picture, words(5000))]))).toMatchObject({
      message: expect.stringContaining('Shorten the text') as string,
      detail: { remedy: 'text' },
    })
  })

  test('in a batch too', async () => {
    const ends: unknown[] = []
    const request = requestOf([user(words(500))], { contextTokens: 256 })
    for await (const event of engine.batch(request.model, [request]))
      if (event.type === 'failed') ends.push(event.error)
    expect(ends).toEqual([
      expect.objectContaining({
        code: 'ContextFull',
        detail: expect.objectContaining({ remedy: 'context', limit: TRAINED }) as unknown,
      }),
    ])
  })
})
