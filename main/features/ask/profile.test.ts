import { Profile, defaultSettings, noOverrides } from '#contract'
import type { ModelOverrides, SaidPart } from '#contract'
import { describe, expect, test } from 'vitest'
import type { Chosen } from '../../services/models/index.ts'
import { seenProfile, wantedJob } from './profile.ts'
import { toRequest } from './request.ts'

const media = {
  attachments: { get: () => null, pathOf: (sha: string) => `/${sha}` },
  frames: { get: () => null, paths: () => [] },
}
const model = {
  ...{ id: 'm', name: 'M', notice: null, isDemo: false, textPath: '/m.gguf', projectorPath: '/p.gguf', bytes: 1 },
  defaults: {
    budget: { minPixels: 3136, maxPixels: 10 * 784 },
    contextTokens: 1000,
    maxTokens: 1,
    sampling: { temperature: 0.7, topP: 0.8, topK: 20, minP: 0, repeatPenalty: 1.05, seed: null },
  },
}
const picture: SaidPart = {
  type: 'image',
  attachment: {
    sha: 'a'.repeat(64),
    kind: 'image',
    mime: 'image/png',
    name: 'a.png',
    bytes: 1,
    width: 100,
    height: 50,
  },
}
const said = (text: string): SaidPart => ({ type: 'text', text })
const profile = (fields: object) => Profile.parse({ id: 'p', name: 'P', ...fields })
const job = (fields: object) => ({ id: 'j', label: 'J', prompt: 'Do it.', ...fields })
const request = (
  given: Profile,
  parts: SaidPart[],
  { jobId = null, overrides = {} }: { jobId?: string | null; overrides?: Partial<ModelOverrides> } = {},
) => {
  const chosen: Chosen = {
    ...{ model, family: null, adapters: [], contextTokens: 1000, context: {} },
    overrides: { ...noOverrides, ...overrides },
    called: { names: [], chatTemplate: null, origin: '' },
  }
  const turn = { role: 'user' as const, parts, ...(jobId && { job: { id: jobId, label: 'J' } }) }
  return toRequest([turn], chosen, { ...defaultSettings, systemPrompt: 'settings' }, media, 'off', given)
}
const contents = (...args: Parameters<typeof request>) =>
  request(...args).messages.map(({ role, content }) => [
    role,
    ...content.map((part) => (part.type === 'text' ? part.text : part.type)),
  ])

describe('the order of a question', () => {
  test.each([
    [null, ['user', 'one', 'image', 'two']],
    ['media-first', ['user', 'image', 'one', 'two']],
    ['text-first', ['user', 'one', 'two', 'image']],
  ])('%s', (order, expected) => {
    expect(contents(profile({ order, system: '' }), [said('one'), picture, said('two')])).toEqual([expected])
  })
})

describe('a job', () => {
  const asked = (prompt: object, words = 'the bell') =>
    contents(profile({ system: '', jobs: [job(prompt)] }), [picture, said(words)].slice(0, words ? 2 : 1), {
      jobId: 'j',
    })

  test("has the user's words where its prompt wants them, whatever is in them", () =>
    expect(asked({ prompt: 'Click "{text}".' }, '$& {media}')).toEqual([['user', 'image', 'Click "$& {media}".']]))
  test('needs none where its prompt wants none, and puts those that there are behind', () => {
    expect(asked({}, '')).toEqual([['user', 'image', 'Do it.']])
    expect(asked({})).toEqual([['user', 'image', 'Do it.\nthe bell']])
  })
  test('puts the pictures where its prompt wants them', () =>
    expect(asked({ prompt: 'Rule.{media}{text}' })).toEqual([['user', 'Rule.', 'image', 'the bell']]))
  test('has its own order and system prompt', () =>
    expect(asked({ order: 'text-first', system: 'of the job' })).toEqual([
      ['system', 'of the job'],
      ['user', 'Do it.\nthe bell', 'image'],
    ]))
  test('that the profile does not have asks as without one', () =>
    expect(contents(profile({ system: '' }), [picture], { jobId: 'gone' })).toEqual([['user', 'image']]))
  test('that is asked for by a name that is not known is refused with those that are', () => {
    expect(() => wantedJob(profile({ jobs: [job({})] }), 'x')).toThrow('P has no job "x". It has: j.')
    expect(() => wantedJob(null, 'x')).toThrow('A model without a profile has no job "x".')
    expect(wantedJob(null, null)).toBeNull()
  })
})

describe('sizes', () => {
  const sizeOf = (size: object, overrides: Partial<ModelOverrides> = {}, part: SaidPart = picture) => {
    const [shown] = request(profile({ size }), [part], { overrides }).messages.at(-1)!.content
    return Object.fromEntries(Object.entries(shown!).filter(([key]) => key !== 'source' && key !== 'type'))
  }
  test('a longest side goes with limits that leave it as it is', () =>
    expect(sizeOf({ longestSide: 1288 })).toEqual({ longestSide: 1288, minPixels: 3136, maxPixels: 16_384 * 784 }))
  test('limits of the area take the place of the model’s', () =>
    expect(sizeOf({ minPixels: 12_544, maxPixels: 2_007_040 })).toEqual({ minPixels: 12_544, maxPixels: 2_007_040 }))
  test('what the user chose for the model or the picture goes before, but not before an exact size', () => {
    const budget = { minPixels: 3136, maxPixels: 7840 }
    expect(sizeOf({ longestSide: 1288 }, { budget })).toEqual({})
    expect(sizeOf({ longestSide: 1288 }, {}, { ...picture, budget } as SaidPart)).toEqual(budget)
    expect(sizeOf({ exact: { width: 1036, height: 1036 } }, { budget })).toEqual({
      resizedWidth: 1036,
      resizedHeight: 1036,
    })
  })
})

describe('what goes before what', () => {
  const given = profile({
    ...{ system: 'at {width} x {height}', sampling: { temperature: 0 }, maxTokens: 8000, stop: ['END'] },
    thinking: { until: ['**Answer**'] },
  })

  test('the profile before the settings and the model’s defaults', () => {
    const { messages, sampling, maxTokens, stop, thoughtUntil } = request(given, [said('Hello')])
    expect(messages[0]!.content).toEqual([{ type: 'text', text: 'at {width} x {height}', isSized: true }])
    expect(sampling).toEqual({ ...model.defaults.sampling, temperature: 0 })
    expect({ maxTokens, stop, thoughtUntil }).toEqual({ maxTokens: 8000, stop: ['END'], thoughtUntil: ['**Answer**'] })
  })

  test('what the user chose for the model before its profile', () => {
    const sampling = { ...model.defaults.sampling, temperature: 1 }
    const wanted = request(given, [said('Hello')], { overrides: { systemPrompt: 'mine', sampling, maxTokens: 5 } })
    expect(wanted).toMatchObject({ sampling, maxTokens: 5 })
    expect(wanted.messages[0]!.content).toEqual([{ type: 'text', text: 'mine' }])
  })

  test('without a system prompt of the profile that of the settings is sent', () =>
    expect(request(profile({}), [said('Hello')]).messages[0]!.content).toEqual([{ type: 'text', text: 'settings' }]))
})

test('an answer is read as its job says, else as its profile', () => {
  const given = profile({
    parser: 'action',
    space: 'pixels',
    jobs: [job({ parser: 'markdown', space: null }), job({ id: 'k' })],
  })
  const about = { id: 'p', name: 'P' }
  expect(seenProfile(given, null)).toEqual({ ...about, parser: 'action', space: 'pixels' })
  expect(seenProfile(given, given.jobs[0]!)).toEqual({ ...about, parser: 'markdown', space: null })
  expect(seenProfile(given, given.jobs[1]!)).toEqual({ ...about, parser: 'action', space: 'pixels' })
  expect(seenProfile(null, null)).toBeNull()
})
