import type { AppliedPreset } from '#contract'
import { emptySavedDraft } from '#contract'
import { expect, test } from 'vitest'
import { ask, composing, conversations, ended, engine, textPart, until } from './testing/testbed.ts'

const preset: AppliedPreset = {
  name: 'Brief',
  systemPrompt: 'Be brief.',
  sampling: { temperature: 0 },
  contextTokens: 200_000,
}
const asPreset = { contextTokens: 200_000, sampling: { temperature: 0 } }
const systemOf = (request: { messages: readonly { role: string; content: readonly unknown[] }[] }) =>
  request.messages.find(({ role }) => role === 'system')?.content

test('a question, its repetition and what it costs are asked as the preset says, others are not', async () => {
  const sent = ask.send({ conversationId: null, parts: [textPart('What?')], preset })
  const first = await engine.nextAnswer()
  expect(first.request).toMatchObject(asPreset)
  expect(systemOf(first.request)).toEqual([{ type: 'text', text: 'Be brief.' }])
  first.finish()
  await until(conversations.watch(sent.conversationId), ended)

  ask.retry({ messageId: sent.answerId, preset })
  const second = await engine.nextAnswer()
  expect(second.request).toMatchObject(asPreset)
  second.finish()
  await until(conversations.watch(sent.conversationId), ended)

  const counted: unknown[] = []
  engine.tokens = async (request) => {
    counted.push(request)
    return {}
  }
  expect((await ask.count({ conversationId: null, parts: [textPart('What?')], preset })).context).toBe(200_000)
  expect(counted).toMatchObject([asPreset])

  ask.send({ conversationId: null, parts: [textPart('And this?')] })
  const other = await engine.nextAnswer()
  expect(systemOf(other.request)).toBeUndefined()
  expect(other.request.contextTokens).toBeLessThan(200_000)
})

test('what a preset set stays with the conversation that a question starts, until one window takes it off', () => {
  const draft = { ...emptySavedDraft, text: 'What?', preset }
  const saved = (conversationId: string | null) => composing.procedures.get({ conversationId }, {} as never)
  void composing.procedures.save({ conversationId: null, draft }, {} as never)
  expect(saved(null)).toMatchObject({ draft: { preset } })
  const { conversationId } = ask.send({ conversationId: null, parts: [textPart('What?')], preset, draft })
  expect(saved(null)).toEqual({ draft: emptySavedDraft, attachments: [], lost: [] })
  expect(saved(conversationId)).toEqual({ draft: { ...emptySavedDraft, preset }, attachments: [], lost: [] })

  const later = { ...emptySavedDraft, text: 'And?', preset }
  void composing.procedures.save({ conversationId, draft: later, over: { ...emptySavedDraft, preset } }, {} as never)
  expect(saved(conversationId)).toMatchObject({ draft: { text: 'And?', preset } })
  const { preset: _, ...without } = later
  void composing.procedures.save({ conversationId, draft: without, over: later }, {} as never)
  expect(saved(conversationId)).toEqual({ draft: without, attachments: [], lost: [] })
})
