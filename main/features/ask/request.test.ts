import { Profile, defaultSettings, noOverrides } from '#contract'
import type { AppliedPreset, ModelOverrides, Settings } from '#contract'
import { describe, expect, test } from 'vitest'
import type { Chosen } from '../../services/models/index.ts'
import { checkSchema, toRequest } from './request.ts'
import type { Turn } from './request.ts'

const media = {
  attachments: { get: () => null, pathOf: (sha: string) => `/${sha}` },
  frames: { get: () => null, paths: () => [] },
}
const sampling = (temperature: number) => ({ temperature, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null })
const budget = (tokens: number) => ({ minPixels: 784, maxPixels: tokens * 784 })
const defaults = { budget: budget(1), contextTokens: 1000, maxTokens: 1, sampling: sampling(0.1) }
const model = {
  id: 'm',
  name: 'M',
  notice: null,
  isDemo: false,
  textPath: '/m.gguf',
  projectorPath: '/p.gguf',
  bytes: 1,
  defaults,
}
const called = { names: [], chatTemplate: null, origin: 'This computer' }
const request = (
  overrides: Partial<ModelOverrides>,
  settings: Partial<Settings>,
  chosen: Partial<Chosen> = {},
  preset: AppliedPreset | null = null,
  profile: Profile | null = null,
) =>
  toRequest(
    [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
    {
      model,
      family: null,
      overrides: { ...noOverrides, ...overrides },
      adapters: [],
      contextTokens: 1000,
      context: {},
      called,
      ...chosen,
    },
    { ...defaultSettings, ...settings },
    media,
    'off',
    profile,
    preset,
  )
const user = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }
const system = (text: string) => ({ role: 'system', content: [{ type: 'text', text }] })

test('the model’s own defaults count where nothing else was chosen', () => {
  expect(request({}, {})).toEqual({
    model: { textPath: '/m.gguf', projectorPath: '/p.gguf' },
    messages: [user],
    budget: budget(1),
    contextTokens: 1000,
    thinking: 'off',
    maxTokens: 1,
    sampling: sampling(0.1),
    context: {},
  })
})

test('settings go before the model’s defaults', () => {
  expect(
    request({}, { budget: budget(2), maxTokens: 2, sampling: sampling(0.2), systemPrompt: 'settings' }),
  ).toMatchObject({
    messages: [system('settings'), user],
    budget: budget(2),
    maxTokens: 2,
    sampling: sampling(0.2),
  })
})

test('what was chosen for the model goes before the settings, each by itself', () => {
  const settings = { budget: budget(2), maxTokens: 2, sampling: sampling(0.2), systemPrompt: 'settings' }
  const overrides = { budget: budget(3), maxTokens: 3, sampling: sampling(0.3), systemPrompt: 'model' }
  expect(request(overrides, settings)).toMatchObject({
    budget: budget(3),
    maxTokens: 3,
    sampling: sampling(0.3),
    messages: [system('model'), user],
  })
  expect(request({ maxTokens: 3 }, settings)).toMatchObject({
    budget: budget(2),
    maxTokens: 3,
    sampling: sampling(0.2),
    messages: [system('settings'), user],
  })
  expect(request({ systemPrompt: '' }, settings).messages, 'an empty prompt for the model is a choice').toEqual([user])
})

test('what a preset set for the conversation goes before all of these, each by itself', () => {
  const overrides = { budget: budget(3), maxTokens: 3, sampling: sampling(0.3), systemPrompt: 'model' }
  const preset = { name: 'Mine', budget: budget(4), maxTokens: 4, sampling: { topK: 4 }, systemPrompt: 'preset' }
  expect(request(overrides, {}, {}, preset)).toMatchObject({
    budget: budget(4),
    maxTokens: 4,
    sampling: { ...sampling(0.3), topK: 4 },
    messages: [system('preset'), user],
  })
  expect(request(overrides, {}, {}, { name: 'Mine', maxTokens: 4 })).toMatchObject({
    budget: budget(3),
    maxTokens: 4,
    sampling: sampling(0.3),
    messages: [system('model'), user],
  })
  const profile = Profile.parse({ id: 'p', name: 'P', system: 'profile', sampling: { topK: 5, minP: 0.5 } })
  expect(request({}, {}, {}, preset, profile)).toMatchObject({
    sampling: { ...sampling(0.1), topK: 4, minP: 0.5 },
    messages: [system('preset'), user],
  })
})

test('a preset makes the context larger, never smaller', () => {
  const context = (contextTokens: number) => request({}, {}, {}, { name: 'Mine', contextTokens }).contextTokens
  expect([context(500), context(4000)]).toEqual([1000, 4000])
})

test('a model whose prompt is the plain text is asked so', () => {
  expect(request({ rawPrompt: true }, {})).toMatchObject({ isRaw: true })
  expect(request({}, {})).not.toHaveProperty('isRaw')
})

test('context, placement and adapters of the model go along', () => {
  const context = { kvType: 'q8_0', gpuLayers: 0 } as const
  expect(
    request({}, {}, { contextTokens: 512, context, adapters: [{ path: '/lora.gguf', scale: 0.5 }] }),
  ).toMatchObject({
    contextTokens: 512,
    context,
    lora: [{ path: '/lora.gguf', scale: 0.5 }],
  })
})

describe('a format', () => {
  const format = { name: 'Count', schema: '{\n  "type": "integer"\n}' }
  const told = 'Answer with JSON that follows this schema: {"type":"integer"}'
  const asked = (turns: readonly Turn[], isDemo = false) =>
    toRequest(
      turns,
      {
        model: { ...model, isDemo },
        family: null,
        overrides: noOverrides,
        adapters: [],
        contextTokens: 1000,
        context: {},
        called,
      },
      defaultSettings,
      media,
    )
  const text = (value: string) => [{ type: 'text', text: value }] as const

  test('holds the answer to the last question, and is told behind each question that has one', () => {
    const turns: Turn[] = [
      { role: 'user', parts: [...text('How many?')], format },
      { role: 'assistant', parts: [...text('3')], format: null },
      { role: 'user', parts: [...text('Why?')], format: null },
    ]
    expect(asked(turns.slice(0, 1))).toMatchObject({
      format: { jsonSchema: format.schema },
      messages: [{ content: text(`How many?\n${told}`) }],
    })
    const { messages, ...rest } = asked(turns)
    expect(rest).not.toHaveProperty('format')
    expect(messages.map(({ content }) => content)).toEqual([text(`How many?\n${told}`), text('3'), text('Why?')])
  })

  test('is told by itself where there are no words', () => {
    const image = {
      type: 'image',
      attachment: { sha: 'a', kind: 'image', mime: 'image/png', name: 'a', bytes: 1, width: 1, height: 1 },
    } as const
    expect(asked([{ role: 'user', parts: [image], format }]).messages[0]!.content).toEqual([
      { type: 'image', source: { path: '/a', digest: 'a', size: { width: 1, height: 1 }, name: 'a' } },
      ...text(told),
    ])
  })

  test('is not told to the demo model, which reads no schemas', () => {
    expect(asked([{ role: 'user', parts: [...text('How many?')], format }], true)).toMatchObject({
      format: { jsonSchema: format.schema },
      messages: [{ content: text('How many?') }],
    })
  })
})

test('a schema is checked as the engine will, and its place is told where it is no JSON', () => {
  expect(checkSchema('{"type": "array", "items": {"type": "string"}}')).toEqual({ problem: null, place: null })
  expect(checkSchema('{\n"type" 1}')).toEqual({
    problem: expect.stringMatching(/line 2, column 8: a colon is expected/) as string,
    place: { line: 2, column: 8 },
  })
  expect(checkSchema('{"properties": {"code": {"type": "string", "pattern": "a+"}}}')).toEqual({
    problem: expect.stringMatching(/"code" uses "pattern"/) as string,
    place: null,
  })
  expect(checkSchema('{"$ref": "#/nothing"}').problem).toMatch(/names nothing/)
})

describe('a video', () => {
  const key = 'f'.repeat(64)
  const facts = { width: 640, height: 360, durationMs: 2000, frames: 60, fps: 30, codec: 'avc', startMs: 100 }
  const attachment = {
    sha: 'a'.repeat(64),
    kind: 'video' as const,
    mime: 'video/mp4',
    name: 'a.mp4',
    bytes: 1,
    ...facts,
  }
  const sample = { range: null, wishedFps: 2, fps: 1.9, indices: [0, 59], timesMs: [100, 2067], width: 168, height: 84 }
  const stored = {
    ...media,
    frames: { get: () => null, paths: (asked: string) => [0, 1].map((n) => `/${asked}/${n}.png`) },
  }
  const asked = (part: Turn['parts'][number]) =>
    toRequest(
      [{ role: 'user', parts: [part] }],
      { model, family: null, overrides: noOverrides, adapters: [], contextTokens: 1000, context: {}, called },
      defaultSettings,
      stored,
    ).messages[0]!.content[0]

  test('is the frames that are stored, in their size, however large pictures may be, unless that was lowered', () => {
    const frames = [0, 1].map((n) => ({
      path: `/${key}/${n}.png`,
      digest: `${key}:${n}`,
      size: { width: 168, height: 84 },
      name: 'a.mp4',
    }))
    expect(asked({ type: 'video', attachment, key, sample })).toEqual({
      type: 'video',
      frames,
      fps: 1.9,
      seconds: [0, 1.967],
      minPixels: 168 * 84,
      maxPixels: 168 * 84,
    })
    expect(
      asked({ type: 'video', attachment, key, sample, budget: { minPixels: 784, maxPixels: 8000 } }),
    ).toMatchObject({
      minPixels: 8000,
      maxPixels: 8000,
    })
    expect(
      asked({ type: 'video', attachment, key, sample, budget: { minPixels: 784, maxPixels: 80_000 } }),
    ).toMatchObject({
      maxPixels: 168 * 84,
    })
  })

  test('of pictures has their files, and the detail that was chosen for it', () => {
    const picture = (fill: string) => ({
      sha: fill.repeat(64),
      kind: 'image' as const,
      mime: 'image/png',
      name: `${fill}.png`,
      bytes: 1,
      width: 2,
      height: 3,
    })
    const part = { type: 'frames' as const, name: 'Frames', pictures: [picture('b'), picture('c')], fps: 0.5 }
    const frames = ['b', 'c'].map((fill) => ({
      path: `/${fill.repeat(64)}`,
      digest: fill.repeat(64),
      size: { width: 2, height: 3 },
      name: `${fill}.png`,
    }))
    expect(asked(part)).toEqual({ type: 'video', frames, fps: 0.5 })
    expect(asked({ ...part, budget: budget(3) })).toEqual({ type: 'video', frames, fps: 0.5, ...budget(3) })
  })
})

describe('a picture too long and narrow for any model, stored before such were refused', () => {
  const strip = {
    sha: 'a'.repeat(64),
    kind: 'image' as const,
    mime: 'image/png',
    name: 'strip.png',
    bytes: 1,
    width: 201,
    height: 1,
  }
  const parts: Turn['parts'] = [
    { type: 'image', attachment: strip },
    { type: 'text', text: 'What is it?' },
  ]
  const answer: Turn = { role: 'assistant', parts: [{ type: 'text', text: '' }] }
  const asked = (turns: readonly Turn[]) =>
    toRequest(
      turns,
      { model, family: null, overrides: noOverrides, adapters: [], contextTokens: 1000, context: {}, called },
      defaultSettings,
      media,
    )

  test('is refused by its name in the question itself', () => {
    expect(() => asked([{ role: 'user', parts }])).toThrow(
      /^strip\.png is 201 x 1 pixels; one side may be at most 200 times the other/,
    )
    const frames = { type: 'frames' as const, name: 'Rows', pictures: [strip, strip], fps: 1 }
    expect(() => asked([{ role: 'user', parts: [frames] }])).toThrow(/^Rows is 201 x 1 pixels/)
  })

  test('is left out of earlier turns, which say so', () => {
    const { messages } = asked([
      { role: 'user', parts },
      answer,
      { role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
    ])
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: expect.stringContaining('strip.png of 201 x 1 pixels is left out') as string },
          { type: 'text', text: 'What is it?' },
        ],
      },
      user,
    ])
  })
})

test('pictures in an answer, which another program made, are not sent', () => {
  const picture = {
    sha: 'a'.repeat(64),
    kind: 'image',
    mime: 'image/png',
    name: 'a.png',
    bytes: 1,
    width: 9,
    height: 9,
  }
  const image = { type: 'image', attachment: picture } as const
  const words = (text: string) => ({ type: 'text', text }) as const
  const turns = [
    { role: 'user', parts: [image, words('Draw')] },
    { role: 'assistant', parts: [words('Here'), image] },
    { role: 'assistant', parts: [image] },
    { role: 'user', parts: [words('Again')] },
  ] as Turn[]
  const chosen = { model, family: null, overrides: noOverrides, adapters: [], contextTokens: 1000, context: {}, called }
  const { messages } = toRequest(turns, chosen, defaultSettings, media)
  expect(messages.map(({ role, content }) => [role, content.map(({ type }) => type)])).toEqual([
    ['user', ['image', 'text']],
    ['assistant', ['text']],
    ['user', ['text']],
  ])
})

test('a thought goes apart from what was said, and its limit comes from the settings', () => {
  const turns: Turn[] = [
    { role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'A greeting.', ms: 1, tokens: 3 },
        { type: 'text', text: 'Hi.' },
      ],
    },
    { role: 'user', parts: [{ type: 'text', text: 'Well?' }] },
    // stopped in its thought: nothing was said
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'Hm', ms: 1, tokens: 1 },
        { type: 'text', text: '' },
      ],
    },
    { role: 'user', parts: [{ type: 'text', text: 'And?' }] },
  ]
  const chosen: Chosen = {
    model,
    family: null,
    overrides: noOverrides,
    adapters: [],
    contextTokens: 1000,
    context: {},
    called,
  }
  const asked = toRequest(turns, chosen, { ...defaultSettings, thinkingBudget: 100 }, media, 'on')
  expect(asked).toMatchObject({ thinking: 'on', thinkingBudget: 100 })
  const said = (role: string, text: string) => ({ role, content: [{ type: 'text', text }] })
  expect(asked.messages).toEqual([
    said('user', 'Hello'),
    { ...said('assistant', 'Hi.'), reasoning: 'A greeting.' },
    said('user', 'Well?'),
    said('user', 'And?'),
  ])
})
