import { expect, test } from 'vitest'
import { defaultSettings, noOverrides } from '#contract'
import type { ModelOverrides, Settings } from '#contract'
import type { Chosen } from '../../services/models/index.ts'
import { toRequest } from './request.ts'

const sampling = (temperature: number) => ({ temperature, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null })
const budget = (tokens: number) => ({ minPixels: 784, maxPixels: tokens * 784 })
const defaults = { budget: budget(1), contextTokens: 1000, maxTokens: 1, sampling: sampling(0.1) }
const model = { id: 'm', name: 'M', notice: null, isDemo: false, textPath: '/m.gguf', projectorPath: '/p.gguf', bytes: 1, defaults }
const request = (overrides: Partial<ModelOverrides>, settings: Partial<Settings>, chosen: Partial<Chosen> = {}) =>
  toRequest(
    [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
    { model, overrides: { ...noOverrides, ...overrides }, adapters: [], contextTokens: 1000, context: {}, ...chosen },
    { ...defaultSettings, ...settings },
    { pathOf: (sha) => `/${sha}` },
  )
const user = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }
const system = (text: string) => ({ role: 'system', content: [{ type: 'text', text }] })

test('the model’s own defaults count where nothing else was chosen', () => {
  expect(request({}, {})).toEqual({
    model: { textPath: '/m.gguf', projectorPath: '/p.gguf' }, messages: [user], budget: budget(1), contextTokens: 1000, maxTokens: 1, sampling: sampling(0.1), context: {},
  })
})

test('settings go before the model’s defaults', () => {
  expect(request({}, { budget: budget(2), maxTokens: 2, sampling: sampling(0.2), systemPrompt: 'settings' })).toMatchObject({
    messages: [system('settings'), user], budget: budget(2), maxTokens: 2, sampling: sampling(0.2),
  })
})

test('what was chosen for the model goes before the settings, each by itself', () => {
  const settings = { budget: budget(2), maxTokens: 2, sampling: sampling(0.2), systemPrompt: 'settings' }
  const overrides = { budget: budget(3), maxTokens: 3, sampling: sampling(0.3), systemPrompt: 'model' }
  expect(request(overrides, settings)).toMatchObject({ budget: budget(3), maxTokens: 3, sampling: sampling(0.3), messages: [system('model'), user] })
  expect(request({ maxTokens: 3 }, settings)).toMatchObject({ budget: budget(2), maxTokens: 3, sampling: sampling(0.2), messages: [system('settings'), user] })
  expect(request({ systemPrompt: '' }, settings).messages, 'an empty prompt for the model is a choice').toEqual([user])
})

test('context, placement and adapters of the model go along', () => {
  const context = { kvType: 'q8_0', gpuLayers: 0 } as const
  expect(request({}, {}, { contextTokens: 512, context, adapters: [{ path: '/lora.gguf', scale: 0.5 }] })).toMatchObject({
    contextTokens: 512, context, lora: [{ path: '/lora.gguf', scale: 0.5 }],
  })
})
