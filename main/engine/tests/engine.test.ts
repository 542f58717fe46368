import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ErrorCode } from '#contract'
import { forkWorker } from '../../nodePorts.ts'
import type { SpawnWorker } from '../../ports.ts'
import { badFiles } from '../../testing/engineFiles.ts'
import type { BadFiles } from '../../testing/engineFiles.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import {
  answered,
  demoModel,
  greedy,
  message,
  requestOf,
  sample,
  samplePath,
  user,
} from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { AnswerEvent, AnswerRequest, ChatPart, EngineState } from '../index.ts'

/** One engine for all tests: what a test does to it must not show in the next. */
const folder = tempFolder()
let processes = 0
const spawn: SpawnWorker = (name) => {
  processes++
  return forkWorker(name)
}
const engine = createEngine({ spawn, cachePath: join(folder.path, 'cache') })
let bad: BadFiles
beforeAll(async () => {
  bad = await badFiles(folder.path)
})
afterAll(async () => {
  await engine.close()
  folder.remove()
})

const ask = (request: AnswerRequest, signal?: AbortSignal, onEvent?: (event: AnswerEvent) => void) =>
  answered(engine, request, { signal }, onEvent)
const WHAT = 'What is in the picture?'
const circle = requestOf([user(sample('red-circle'), WHAT)])
/** Goes on for long: only a stop or the limit ends it. */
const endless = requestOf([user('Hello')], { ignoreEos: true, maxTokens: 2000 })
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  )
const refusal = (code: ErrorCode, text: RegExp) =>
  expect.objectContaining({ name: 'AppError', code, message: expect.stringMatching(text) as string }) as unknown

describe('an answer', () => {
  test('names what is in a picture, in pieces as it is generated', async () => {
    const phases = new Set<string>()
    const { text, pieces, result } = await ask(
      circle,
      undefined,
      (event) => event.type === 'progress' && phases.add(event.progress.phase),
    )
    expect(text).toBe('A red circle.')
    expect(pieces.length).toBeGreaterThan(2)
    expect(result).toMatchObject({
      finishReason: 'stop',
      usage: {
        imageTokens: 16,
        promptTokens: result.promptIds.length,
        completionTokens: result.tokens.length,
        contextTokens: 4096,
      },
    })
    expect(result.timings.ttftMs).toBeGreaterThan(0)
    expect(result.timings.tokensPerSecond).toBeGreaterThan(0)
    expect([...phases]).toEqual(['loading', 'encoding', 'prefill'])
    expect(engine.state).toMatchObject({
      state: 'ready',
      model: demoModel,
      contextTokens: 4096,
      error: null,
      progress: null,
    })
    expect(engine.state.backend).toMatch(/^CPU/)
  })

  test('tells first what the model sees: the family, and each picture and video as it is resized', async () => {
    const events: AnswerEvent[] = []
    const video: ChatPart = {
      type: 'video',
      frames: [0, 1, 2].map(() => ({ path: samplePath('red-circle') })),
      resizedWidth: 56,
      resizedHeight: 84,
    }
    const earlier = [user(sample('red-circle'), WHAT), message('assistant', 'A red circle.')]
    await ask(
      requestOf([
        ...earlier,
        user(video, { type: 'image', source: { path: samplePath('blue-square') }, maxPixels: 4 * 784 }, WHAT),
      ]),
      undefined,
      (event) => events.push(event),
    )
    const told = events.filter(({ type }) => type !== 'progress')[0]
    expect(told).toEqual({
      type: 'seen',
      seen: {
        family: 'qwen2vl',
        media: [
          { width: 112, height: 112, frames: 1, tokens: 16, starts: [expect.any(Number)] },
          { width: 56, height: 84, frames: 3, tokens: 12, starts: [expect.any(Number)], timeStep: 1 },
          { width: 56, height: 56, frames: 1, tokens: 4, starts: [expect.any(Number)] },
        ],
      },
    })
    // and once more with where the vectors of each picture and pair of frames came from
    const all = events.filter((event) => event.type === 'seen')
    expect(all).toHaveLength(2)
    expect(all[1]!.seen.media.map(({ encoded }) => encoded?.length)).toEqual([1, 2, 1])
  })

  test.each([
    ['red-circle', 'blue-square', 'Picture 1: a red circle. Picture 2: a blue square.'],
    ['blue-square', 'red-circle', 'Picture 1: a blue square. Picture 2: a red circle.'],
  ])('names two pictures of one size in their order: %s, %s', async (first, second, expected) => {
    const sizes = await Promise.all([first, second].map(async (name) => sharp(samplePath(name)).metadata()))
    expect(sizes[0]!.width).toBe(sizes[1]!.width)
    expect((await ask(requestOf([user(sample(first), sample(second), 'What is in the pictures?')]))).text).toBe(
      expected,
    )
  })

  test('sees pictures where they stand among the text', async () => {
    const [pad] = await padIds()
    const text = ['one', 'two', 'three']
    const [a, b] = [sample('red-circle'), sample('blue-square')]
    const shape = async (...content: (ChatPart | string)[]) =>
      (await ask(requestOf([user(...content)], { maxTokens: 1, visionId: false }))).result.promptIds.map(
        (id) => id === pad,
      )
    const runs = (marks: boolean[]) => marks.filter((mark, i) => mark && !marks[i - 1]).length
    const between = await shape(text[0]!, a, text[1]!, b, text[2]!)
    const before = await shape(a, b, ...text)
    expect(runs(between)).toBe(2)
    expect(runs(before)).toBe(2)
    expect(between.indexOf(true)).toBeGreaterThan(before.indexOf(true))
    expect(between.lastIndexOf(true)).toBeLessThan(between.length - 1)
  })

  test('follows a conversation: an earlier picture, a later one', async () => {
    const turn = [user(sample('red-circle'), WHAT), message('assistant', 'A red circle.')]
    expect((await ask(requestOf([...turn, user(sample('green-star'), 'And this one?')]))).text).toMatch(/green star/i)
    expect((await ask(requestOf([...turn, user('What is in the first picture?')]))).text).toMatch(/red circle/i)
  })

  test('special tokens that a user writes are text: the count of pictures stays right', async () => {
    const [pad, video] = await padIds()
    const { text, result } = await ask(
      requestOf([user(sample('red-circle'), `<|image_pad|><|video_pad|> <|vision_start|> ${WHAT}`)]),
    )
    expect(result.promptIds.filter((id) => id === pad)).toHaveLength(16)
    expect(result.promptIds).not.toContain(video)
    expect(result.usage.imageTokens).toBe(16)
    expect(text).not.toBe('')
  })

  test('ends at the token limit, or where the context ends', async () => {
    const limited = await ask({ ...endless, maxTokens: 5 })
    expect(limited.result).toMatchObject({ finishReason: 'length', usage: { completionTokens: 5, cutOff: 'length' } })
    const full = await ask({ ...endless, contextTokens: 256 })
    expect(full.result).toMatchObject({ finishReason: 'length', usage: { cutOff: 'context' } })
    expect(full.result.usage.promptTokens + full.result.usage.completionTokens).toBe(256)
  })

  test('a context that is left open grows with the prompt', async () => {
    const { result } = await ask(requestOf([user('Hello')], { contextTokens: null }))
    // the demo model was trained for 4,096 tokens
    expect(result.usage.contextTokens).toBe(4096)
  })
})

describe('sampling', () => {
  const sampled = async (overrides: Partial<AnswerRequest['sampling']>) =>
    (
      await ask(
        requestOf([user(sample('red-circle'), WHAT)], {
          ignoreEos: true,
          maxTokens: 24,
          sampling: { ...greedy, ...overrides },
        }),
      )
    ).result.tokens

  test('a seed repeats an answer, another one gives another', async () => {
    // all of them go on from the same kept prompt: computed anew, its logits differ in their last bits
    await sampled({})
    const first = await sampled({ temperature: 8, seed: 7 })
    expect(await sampled({ temperature: 8, seed: 7 })).toEqual(first)
    expect(await sampled({ temperature: 8, seed: 8 })).not.toEqual(first)
    expect(await sampled({ temperature: 8, seed: null })).not.toEqual(await sampled({ temperature: 8, seed: null }))
  })

  test('top-k of 1, top-p of 0 and min-p of 1 each leave only the likeliest token', async () => {
    const likeliest = await sampled({})
    expect(await sampled({ temperature: 2, topK: 1 })).toEqual(likeliest)
    expect(await sampled({ temperature: 2, topP: 0 })).toEqual(likeliest)
    expect(await sampled({ temperature: 2, minP: 1 })).toEqual(likeliest)
  })

  test('a repetition penalty keeps an answer from repeating itself', async () => {
    // the demo model is too sure of itself for a penalty to show
    const untrained = async (repeatPenalty: number) =>
      (
        await ask(
          requestOf([user('Hello')], {
            model: goldenModel('qwen2vl'),
            ignoreEos: true,
            maxTokens: 100,
            sampling: { ...greedy, repeatPenalty },
          }),
        )
      ).result
    const [plain, penalised] = [await untrained(1), await untrained(5)]
    expect(new Set(plain.tokens).size).toBeLessThan(90)
    // nothing comes twice, and nothing of the prompt again
    expect(new Set([...penalised.promptIds, ...penalised.tokens]).size).toBe(
      new Set(penalised.promptIds).size + penalised.tokens.length,
    )
  })
})

describe('stopping', () => {
  test('an answer ends with what was written, and the next one is as if nothing had been', async () => {
    const abort = new AbortController()
    let pieces = 0
    const stopped = await ask(
      endless,
      abort.signal,
      (event) => event.type === 'text' && ++pieces === 3 && abort.abort(),
    )
    expect(stopped.result.finishReason).toBe('aborted')
    expect(stopped.result.tokens.length).toBeGreaterThanOrEqual(3)
    expect(stopped.result.tokens.length).toBeLessThan(endless.maxTokens)
    expect(stopped.pieces.length).toBeGreaterThanOrEqual(3)
    expect((await ask(circle)).text).toBe('A red circle.')
  })

  test('while a large picture is encoded', async () => {
    const large = join(folder.path, 'large.png')
    await sharp({ create: { width: 1400, height: 1400, channels: 3, background: 'teal' } })
      .png()
      .toFile(large)
    const abort = new AbortController()
    const request = requestOf([user({ type: 'image', source: { path: large }, maxPixels: 2_000_000 }, WHAT)])
    const { result } = await ask(
      request,
      abort.signal,
      (event) => event.type === 'progress' && event.progress.phase === 'encoding' && abort.abort(),
    )
    expect(result).toMatchObject({ finishReason: 'aborted', tokens: [], usage: { imageTokens: 2500 } })
    expect((await ask(circle)).text).toBe('A red circle.')
  })

  test('while a long prompt is read', async () => {
    const abort = new AbortController()
    const request = requestOf([user('a circle and a square '.repeat(600), WHAT)])
    const { result } = await ask(
      request,
      abort.signal,
      (event) =>
        event.type === 'progress' && event.progress.phase === 'prefill' && event.progress.done > 0 && abort.abort(),
    )
    expect(result).toMatchObject({ finishReason: 'aborted', tokens: [] })
    expect(result.usage.promptTokens).toBeGreaterThan(1024)
    expect((await ask(circle)).text).toBe('A red circle.')
  })

  test('while it waits its turn: the one before goes on', async () => {
    const abort = new AbortController()
    let queued: ReturnType<typeof ask> | null = null
    const first = await ask({ ...endless, maxTokens: 60 }, undefined, (event) => {
      if (event.type !== 'text' || queued) return
      queued = ask(circle, abort.signal)
      setImmediate(() => abort.abort())
    })
    expect(first.result).toMatchObject({ finishReason: 'length', usage: { completionTokens: 60 } })
    expect((await queued!).result).toMatchObject({ finishReason: 'aborted', tokens: [], promptIds: [] })
  })

  test('before it begins, and by leaving the loop', async () => {
    expect((await ask(circle, AbortSignal.abort())).result.finishReason).toBe('aborted')
    for await (const event of engine.answer(endless)) if (event.type === 'text') break
    expect((await ask(circle)).text).toBe('A red circle.')
  })

  test('while the model loads: nothing is loaded then', async () => {
    await engine.unload()
    const abort = new AbortController()
    const { result } = await ask(
      circle,
      abort.signal,
      (event) => event.type === 'progress' && event.progress.phase === 'loading' && abort.abort(),
    )
    expect(result.finishReason).toBe('aborted')
    expect(engine.state.state).not.toBe('loading')
    expect((await ask(circle)).text).toBe('A red circle.')
  })
})

describe('loading', () => {
  test('unloading frees the model, the next answer loads it again, and every state is told', async () => {
    const states: EngineState[] = []
    const off = engine.onState((state) => states.push(state))
    await engine.unload()
    expect(engine.state).toMatchObject({ state: 'off', model: null, contextTokens: null })
    const { text, result } = await ask(circle)
    off()
    expect(text).toBe('A red circle.')
    expect(result.timings.loadMs).toBeGreaterThan(0)
    expect(states.map(({ state }) => state).filter((state, i, all) => state !== all[i - 1])).toEqual([
      'off',
      'loading',
      'ready',
    ])
    const progress = states.filter(({ state }) => state === 'loading').map((state) => state.progress!)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect((await ask(circle)).result.timings.loadMs).toBe(0)
  })

  test('loading ahead is what the answer then uses', async () => {
    await engine.unload()
    await engine.load(demoModel, 1000)
    expect(engine.state).toMatchObject({ state: 'ready', contextTokens: 1024 })
    expect((await ask({ ...circle, contextTokens: 1000 })).result).toMatchObject({
      timings: { loadMs: 0 },
      usage: { contextTokens: 1024 },
    })
  })

  test('what is asked while another model is loaded loads its own', async () => {
    const textOnly = { ...demoModel, projectorPath: null }
    expect((await ask(requestOf([user('Hello')], { model: textOnly }))).text).toMatch(/^Hello/)
    expect(engine.state.model).toEqual(textOnly)
    expect((await ask(circle)).text).toBe('A red circle.')
    expect(engine.state.model).toEqual(demoModel)
  })
})

describe('getting ready', () => {
  beforeEach(() => engine.unload())
  const draft = requestOf([user('Look: ', sample('yellow-triangle'), WHAT)])

  test('count gives the exact tokens of each part and of all', async () => {
    const { lastMessage, total } = await engine.count(draft)
    expect(engine.state.state).toBe('ready')
    const { result } = await ask(draft)
    expect(total).toBe(result.usage.promptTokens)
    expect(lastMessage).toHaveLength(3)
    expect(lastMessage[1]).toBe(16)
    expect((await engine.count(requestOf([user('<|image_pad|>')]))).lastMessage[0]).toBeGreaterThan(1)
  })

  test('count answers while an answer is written', async () => {
    let counted: ReturnType<typeof engine.count> | null = null
    let answering = true
    const answer = ask({ ...endless, maxTokens: 300 }, undefined, (event) => {
      if (event.type === 'text') counted ??= engine.count(draft).finally(() => expect(answering).toBe(true))
    }).finally(() => (answering = false))
    await answer
    expect((await counted!).lastMessage[1]).toBe(16)
  })

  test('prepare makes the same answer come sooner', async () => {
    const fresh = await ask(draft)
    await engine.unload()
    const prepared = await engine.prepare(draft)
    const { result, text } = await ask(draft)
    expect(result.tokens).toEqual(fresh.result.tokens)
    expect(text).toBe(fresh.text)
    expect(prepared.total).toBe(result.usage.promptTokens)
    expect(result.usage.cachedTokens).toBeGreaterThan(16)
    expect(fresh.result.usage.cachedTokens).toBe(0)
  })

  test('a question that comes while prepare loads the model uses what is loaded', async () => {
    const states: string[] = []
    const off = engine.onState(({ state }) => state !== states.at(-1) && states.push(state))
    const loading = new Promise<void>((resolve) => {
      const once = engine.onState(({ state }) => {
        if (state !== 'loading') return
        once()
        resolve()
      })
    })
    const prepare = failure(engine.prepare(draft))
    await loading
    expect((await ask(circle)).text).toBe('A red circle.')
    off()
    expect(await prepare).toEqual(refusal('Interrupted', /./))
    expect(states).toEqual(['loading', 'ready'])
  })

  test('prepare that waits gives way to a question that came after it', async () => {
    const abort = new AbortController()
    let queued: [Promise<unknown>, ReturnType<typeof ask>] | null = null
    await ask(endless, abort.signal, (event) => {
      if (event.type !== 'text' || queued) return
      queued = [failure(engine.prepare(draft)), ask(circle)]
      setImmediate(() => abort.abort())
    })
    const [prepare, question] = queued!
    expect(await prepare).toEqual(refusal('Interrupted', /./))
    expect((await question).text).toBe('A red circle.')
  })

  test('prepare gives way to a question, which is answered as ever', async () => {
    const file = join(folder.path, 'wide.png')
    await sharp({ create: { width: 1400, height: 1120, channels: 3, background: 'white' } })
      .png()
      .toFile(file)
    const prepare = failure(
      engine.prepare(requestOf([user({ type: 'image', source: { path: file }, maxPixels: 2_000_000 }, 'x')])),
    )
    expect((await ask(circle)).text).toBe('A red circle.')
    expect(await prepare).toEqual(refusal('Interrupted', /./))
  })
})

describe('what cannot be answered is refused by name, and the engine goes on', () => {
  const picture = (path: string) => requestOf([user({ type: 'image', source: { path } }, WHAT)])
  const cases: readonly (readonly [string, () => AnswerRequest, ErrorCode, RegExp])[] = [
    ['a missing picture', () => picture(bad.missing), 'MediaNotFound', /missing/],
    ['a text file named .png', () => picture(bad.textNamedPng), 'UnsupportedMedia', /text\.png is a text file/],
    ['a PNG without a pixel', () => picture(bad.truncatedPng), 'DamagedMedia', /truncated\.png/],
    ['a PNG of 50,000 x 50,000 pixels', () => picture(bad.hugePng), 'MediaTooLarge', /50[,.]?000/],
    ['a document', () => picture(bad.document), 'UnsupportedMedia', /letter\.docx/],
    [
      'a picture without a projector',
      () => ({ ...circle, model: { ...demoModel, projectorPath: null } }),
      'ProjectorMissing',
      /mmproj/,
    ],
    [
      'a projector of another width',
      () => ({ ...circle, model: { ...demoModel, projectorPath: bad.narrowProjector } }),
      'ProjectorMismatch',
      /64 numbers.*192/,
    ],
    [
      'a model cut in half',
      () => ({ ...circle, model: { ...demoModel, textPath: bad.textModelCutInHalf } }),
      'ModelDamaged',
      /half\.gguf/,
    ],
    [
      'a model of 2^63 tensors',
      () => ({ ...circle, model: { ...demoModel, textPath: bad.textModelWithTooManyTensors } }),
      'ModelDamaged',
      /tensors/,
    ],
    [
      'a missing model',
      () => ({ ...circle, model: { textPath: bad.missing, projectorPath: null } }),
      'ModelNotFound',
      /missing/,
    ],
    [
      'a missing projector',
      () => ({ ...circle, model: { ...demoModel, projectorPath: bad.missing } }),
      'ModelNotFound',
      /missing/,
    ],
    ['a video without frames', () => requestOf([user({ type: 'video', frames: [] }, WHAT)]), 'InvalidInput', /frame/],
  ]
  test.each(cases)('%s', async (_name, request, code, text) => {
    const before = processes
    expect(await failure(ask(request()))).toEqual(refusal(code, text))
    const modelIsBad = code.startsWith('Model') || code === 'ProjectorMismatch'
    expect(engine.state.state).toBe(modelIsBad ? 'failed' : 'ready')
    expect(engine.state.error?.code).toBe(modelIsBad ? code : undefined)
    expect((await ask(circle)).text).toBe('A red circle.')
    expect(engine.state).toMatchObject({ state: 'ready', error: null })
    expect(processes).toBe(before)
  })

  test('the first question fails: the model is loaded all the same', async () => {
    await engine.unload()
    expect(await failure(ask(picture(bad.missing)))).toEqual(refusal('MediaNotFound', /missing/))
    expect(engine.state).toMatchObject({ state: 'ready', model: demoModel, error: null })
    expect((await ask(circle)).result.timings.loadMs).toBe(0)
  })

  test('a prompt longer than the context, with both figures', async () => {
    const long = requestOf([user('a circle '.repeat(400))], { contextTokens: 256 })
    const { total } = await engine.count(long)
    expect(await failure(ask(long))).toMatchObject({
      code: 'ContextFull',
      message: expect.stringContaining(total.toLocaleString('en')) as string,
      detail: { needed: total, context: 256 },
    })
    expect((await ask(circle)).text).toBe('A red circle.')
  })

  test('sizes of any number are held to the largest the reference allows', async () => {
    const wished = [
      { resizedWidth: 1e9, resizedHeight: 1e9 },
      { minPixels: 1e15, maxPixels: 1e15 },
      { resizedWidth: 1, resizedHeight: 1 },
    ]
    const tokens = await Promise.all(
      wished.map(
        async (size) =>
          (
            await engine.count(
              requestOf([user({ type: 'image', source: { path: samplePath('red-circle') }, ...size })]),
            )
          ).lastMessage[0],
      ),
    )
    expect(tokens).toEqual([16384, 16384, 4])
    expect(
      await failure(
        engine.count(
          requestOf([
            user({ type: 'image', source: { path: samplePath('red-circle') }, resizedWidth: 28000, resizedHeight: 28 }),
          ]),
        ),
      ),
    ).toEqual(refusal('UnsupportedMedia', /200/))
  })

  test('inspect throws what loading would throw', async () => {
    expect(await engine.inspect(demoModel)).toMatchObject({ architecture: 'qwen2vl', trainedContext: 4096 })
    expect(await failure(engine.inspect({ ...demoModel, projectorPath: bad.narrowProjector }))).toEqual(
      refusal('ProjectorMismatch', /64/),
    )
  })
})

/** The ids of the picture and the video pad token in the demo model. */
async function padIds(): Promise<[number, number]> {
  const ids = (await ask({ ...circle, maxTokens: 1 })).result.promptIds
  const pad = ids.find((id, i) => id === ids[i + 1] && id === ids[i + 2])!
  return [pad, pad + 1]
}
