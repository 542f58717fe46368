import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { families, golden, goldenModel } from '../../testing/engineGoldens.ts'
import { answered, message, requestOf, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { AnswerOptions, AnswerRequest, ChatMessage, ChatPart } from '../index.ts'

/** Tokens of one slice of a prefill. */
const SLICE_TOKENS = 512
/** `warm` keeps what it computed; `fresh` is unloaded before each of its answers and keeps nothing on disk of a conversation. */
const folder = tempFolder()
const warm = createEngine({ spawn: forkWorker, cachePath: `${folder.path}/warm` })
const fresh = createEngine({ spawn: forkWorker, cachePath: `${folder.path}/fresh` })
afterAll(async () => {
  await Promise.all([warm.close(), fresh.close()])
  folder.remove()
})

/** f32 weights and cache: reuse must not change a single token. */
const exact = (
  family: (typeof families)[number],
  messages: readonly ChatMessage[],
  overrides: Partial<AnswerRequest> = {},
) =>
  requestOf(messages, {
    model: goldenModel(family),
    budget: { minPixels: 4 * 784, maxPixels: 1300 * 784 },
    maxTokens: 8,
    ignoreEos: true,
    ...overrides,
  })
const picture = (letter: string): ChatPart => ({
  type: 'image',
  source: { path: golden('images', `img_${letter}.png`) },
})
const video = (frames: number, fps?: number): ChatPart => ({
  type: 'video',
  fps,
  frames: Array.from({ length: frames }, (_, i) => ({ path: golden('images', `v5_${i}.png`) })),
  minPixels: 3136,
  maxPixels: 100_000,
})

async function fromNothing(request: AnswerRequest) {
  await fresh.unload()
  const { result } = await answered(fresh, request)
  expect(result.usage.cachedTokens).toBe(0)
  return result
}

/** Asks the warm engine and checks that it says what one that knows nothing says. Returns the tokens it did not compute again. */
async function sameAsFresh(request: AnswerRequest, options: AnswerOptions = {}): Promise<number> {
  const [{ result }, expected] = await Promise.all([answered(warm, request, options), fromNothing(request)])
  expect(result.promptIds).toEqual(expected.promptIds)
  expect(result.tokens).toEqual(expected.tokens)
  return result.usage.cachedTokens
}

describe.each(families)('%s: what is computed once', (family) => {
  // long enough to be worth saving, also where a template has no system prompt of its own
  const system = message('system', 'You look at pictures and say what is on them, in a few words and without guessing.')
  const first = [system, user(picture('b'), 'Describe this image.')]
  const second = [...first, message('assistant', 'It shows a red ball.'), user('Is it large?')]
  const imageTokens = 12
  const SYSTEM_TOKENS = 24
  // a recurrent state goes back to where the turn of the answer began, not to the last of its words that stay
  const turnTokens = family === 'qwen35' ? 3 : 0

  test('is used again by the next question on the same picture', async () => {
    await sameAsFresh(exact(family, first))
    expect(await sameAsFresh(exact(family, second))).toBeGreaterThan(imageTokens)
    expect(await sameAsFresh(exact(family, second))).toBeGreaterThan(imageTokens)
  })

  test('is used again up to where a question was changed', async () => {
    await sameAsFresh(exact(family, second))
    expect(await sameAsFresh(exact(family, [system, user(picture('b'), 'What is left of it?')]))).toBeGreaterThan(
      imageTokens,
    )
    // a picture in the place of another one is not the same
    expect(await sameAsFresh(exact(family, [system, user(picture('j'), 'What is left of it?')]))).toBeLessThan(
      imageTokens + 8 + SYSTEM_TOKENS,
    )
    expect(
      await sameAsFresh(
        exact(family, [system, user({ ...picture('b'), maxPixels: 4 * 784 } as ChatPart, 'What is left of it?')]),
      ),
    ).toBeLessThan(imageTokens + 8 + SYSTEM_TOKENS)
  })

  test('stays right after a stop in the prompt and in the answer', async () => {
    const long = [user(picture('b'), 'large and small '.repeat(300))]
    for (const phase of ['prefill', 'text'] as const) {
      const abort = new AbortController()
      const stopped = await answered(
        warm,
        exact(family, long, { maxTokens: 500 }),
        { signal: abort.signal },
        (event) => {
          if (
            phase === 'text'
              ? event.type === 'text'
              : event.type === 'progress' && event.progress.phase === 'prefill' && event.progress.done > 500
          )
            abort.abort()
        },
      )
      expect(stopped.result.finishReason).toBe('aborted')
      await sameAsFresh(exact(family, long))
      await sameAsFresh(exact(family, second))
    }
  })

  test('comes back after another conversation, from disk where it was put there', async () => {
    const a = { conversationId: `${family}-a` }
    const other = [user(picture('f'), video(5), 'Compare the two pictures.')]
    await sameAsFresh(exact(family, second), a)
    await sameAsFresh(exact(family, other), { conversationId: `${family}-b` })
    await sameAsFresh(exact(family, [user('How many objects are there?')]))
    const more = [...second, message('assistant', 'Yes.'), user('And what is behind it?')]
    expect(await sameAsFresh(exact(family, more), a)).toBeGreaterThan(imageTokens)
    expect(
      await sameAsFresh(exact(family, [...other, message('assistant', 'No.'), user('Why?')]), {
        conversationId: `${family}-b`,
      }),
    ).toBeGreaterThan(100 - turnTokens)
  })

  test('is right for a picture of more tokens than one slice of a prefill', async () => {
    const large = [
      user({ ...picture('h'), minPixels: 700 * 784, maxPixels: 800 * 784 } as ChatPart, 'Describe this image.'),
    ]
    await sameAsFresh(exact(family, large))
    expect(
      await sameAsFresh(exact(family, [...large, message('assistant', 'A house.'), user('Where is it?')])),
    ).toBeGreaterThan(SLICE_TOKENS)
  })

  test('is right for a video whose slices share positions, in a conversation that begins without one', async () => {
    const a = { conversationId: `${family}-fast` }
    const fast = [...second, message('assistant', 'Yes.'), user(video(5, 8), 'Describe the video.')]
    await sameAsFresh(exact(family, second), a)
    expect(await sameAsFresh(exact(family, fast), a)).toBeGreaterThan(imageTokens)
    expect(
      await sameAsFresh(exact(family, [...fast, message('assistant', 'A ball.'), user('Is it fast?')]), a),
    ).toBeGreaterThan(100 - turnTokens)
  })

  test('by preparing a draft, gives the same answer', async () => {
    const draft = exact(family, [...second, message('assistant', 'Yes.'), user('Now this: ', picture('c'), '')])
    const sent = exact(family, [
      ...second,
      message('assistant', 'Yes.'),
      user('Now this: ', picture('c'), 'What is different?'),
    ])
    await warm.prepare(draft)
    expect(await sameAsFresh(sent)).toBeGreaterThan(imageTokens + 8)
  })
})

test('random conversations, answered step by step, say the same as from the start', async () => {
  const text = fc.constantFrom(
    'Describe this image.',
    'Why?',
    'First: ',
    '\nSecond:\n',
    'How many objects are there?',
    'naïve 混合 🚀',
    '<|image_pad|>',
    ' ',
    'It shows a red ball.',
  )
  const part = fc.oneof(
    { weight: 3, arbitrary: text },
    { weight: 2, arbitrary: fc.constantFrom('a', 'b', 'c', 'e', 'g').map(picture) },
    {
      weight: 1,
      arbitrary: fc.constantFrom([1], [3], [4], [4, 8] as const).map(([frames, fps]) => video(frames, fps)),
    },
  )
  const turn = fc.record({
    content: fc.array(part, { minLength: 1, maxLength: 3 }),
    conversation: fc.constantFrom('one', 'two', null),
    stopped: fc.boolean(),
    prepared: fc.boolean(),
  })
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...families),
      fc.array(turn, { minLength: 2, maxLength: 5 }),
      async (family, turns) => {
        run++
        const conversations = new Map<string | null, ChatMessage[]>()
        for (const { content, conversation, stopped, prepared } of turns) {
          const messages = [...(conversations.get(conversation) ?? []), user(...content)]
          const options = conversation === null ? {} : { conversationId: `${conversation}-${run}` }
          const request = exact(family, messages, { maxTokens: 4 })
          if (prepared) await warm.prepare(request, options)
          if (stopped) {
            const abort = new AbortController()
            await answered(
              warm,
              { ...request, maxTokens: 40 },
              { ...options, signal: abort.signal },
              (event) => event.type === 'text' && abort.abort(),
            )
          }
          const { result, text: said } = await answered(warm, request, options)
          const expected = await fromNothing(request)
          expect(result.promptIds).toEqual(expected.promptIds)
          expect(result.tokens).toEqual(expected.tokens)
          conversations.set(conversation, [...messages, message('assistant', said)])
        }
      },
    ),
    { numRuns: 12 },
  )
})
