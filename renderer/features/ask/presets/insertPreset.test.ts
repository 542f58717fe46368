// @vitest-environment happy-dom
import { Preset, readyFormats } from '#contract'
import { beforeEach, expect, test, vi } from 'vitest'
import { useFamily } from '../../../lib/detail.ts'
import { applyPreset, presetIn } from '../../../lib/presets.ts'
import { thinkingIn } from '../../../lib/thinking.ts'
import { core } from '../../../testing/fakeRpc.ts'
import { setText } from '../actions.ts'
import { draftKey, draftOf, emptyDraft, updateDraft } from '../draft.ts'
import { choosePreset } from './choosePreset.ts'
import { insertPreset } from './insertPreset.ts'
import { usePresetWish } from './wish.ts'
import { summaryOf } from './summary.ts'

vi.mock('../../../lib/rpc.ts', async () => (await import('../../../testing/fakeRpc.ts')).rpc)

const choose = vi.fn(() => Promise.resolve())
beforeEach(() => {
  choose.mockClear()
  core['ask'] = { count: () => new Promise(() => {}), prepare: () => new Promise(() => {}) }
  core['models'] = { choose }
  core['library'] = {
    watch: async function* () {
      yield [
        { model: { id: 'a', name: 'Large' }, isCurrent: false },
        { model: { id: 'b', name: 'Small' }, isCurrent: true },
      ]
    },
  }
  updateDraft(draftKey(null), () => emptyDraft)
  applyPreset(null, null)
})
const preset = (fields: Partial<Preset>): Preset => ({ ...Preset.parse({ name: 'Mine' }), ...fields })
const draft = () => draftOf(draftKey(null))

test('a preset goes behind what is typed, and sets what it says', async () => {
  useFamily.setState({ family: 'qwen2vl' })
  setText(null, 'See the edge.\n')
  const chosen = preset({
    ...{ prompt: 'Find it.', systemPrompt: 'Be brief.', detail: 'low', sampling: { temperature: 0, topK: 1 } },
    ...{ contextTokens: 8192, maxTokens: 100, thinking: 'on', format: readyFormats[0]! },
  })
  expect(choosePreset(null, chosen)).toBe(false)
  await vi.waitFor(() => expect(draft().text).toBe('See the edge.\nFind it.'))
  expect(draft().format).toEqual(readyFormats[0])
  expect(thinkingIn(null)).toEqual({ thinking: 'on' })
  const { preset: applied } = presetIn(null)
  expect(applied).toEqual({
    ...{ name: 'Mine', systemPrompt: 'Be brief.', sampling: { temperature: 0, topK: 1 } },
    ...{ budget: { minPixels: 4 * 784, maxPixels: 256 * 784 }, contextTokens: 8192, maxTokens: 100 },
  })
  expect(summaryOf(applied!)).toBe(
    'its system prompt, detail low, temperature 0, its own choice of words, a context of 8,192 tokens, and at most 100 tokens an answer',
  )

  // another one that sets nothing takes its place
  await insertPreset(null, preset({ prompt: 'And that.' }), {})
  expect(draft().text).toBe('See the edge.\nFind it.\nAnd that.')
  expect(presetIn(null)).toEqual({})
})

test('one with variables waits for them, also for those of its system prompt', async () => {
  const chosen = preset({ prompt: 'Find {{thing}}.', systemPrompt: 'Speak {{language}}.' })
  expect(choosePreset(null, chosen)).toBe(true)
  expect(usePresetWish.getState().wish?.variables).toEqual(['thing', 'language'])
  expect(draft().text).toBe('')
  await insertPreset(null, chosen, { thing: 'keys', language: 'Dutch' })
  expect(usePresetWish.getState().wish).toBeNull()
  expect(draft().text).toBe('Find keys.')
  expect(presetIn(null).preset?.systemPrompt).toBe('Speak Dutch.')
})

test('a model is switched to by its name; one that is not here is said to be missing, and the words stay', async () => {
  await insertPreset(null, preset({ model: 'large' }), {})
  expect(choose).toHaveBeenCalledWith({ id: 'a' })
  await insertPreset(null, preset({ model: 'Small' }), {})
  expect(choose).toHaveBeenCalledOnce()
  expect(draft().error).toBeNull()
  await insertPreset(null, preset({ model: 'Huge', prompt: 'What?' }), {})
  expect(draft().error).toMatchObject({ code: 'ModelNotFound', message: expect.stringContaining('“Huge”') as string })
  expect(draft().text).toBe('What?')
})
