import { expect, test } from 'vitest'
import type { AppError } from '#contract'
import {
  ask,
  code,
  conversations,
  ended,
  engine,
  models,
  open,
  question,
  store,
  textIs,
  textOf,
  until,
} from './testing/testbed.ts'

/** An answer that was cut at its longest length, with the tokens that it ended with. */
const cut = async (text = 'One, two') => {
  const sent = question('Count.')
  const stream = conversations.watch(sent.conversationId)
  const answer = await engine.nextAnswer()
  answer.text(text)
  answer.finish({ ...result, tokens: [1, 2, 3], finishReason: 'length' })
  await until(stream, ended)
  return sent
}
const usage = { promptTokens: 10, imageTokens: 0, completionTokens: 3, cachedTokens: 0, contextTokens: 100 }
const timings = { loadMs: 0, encodeMs: 0, prefillMs: 1, ttftMs: 1, tokensPerSecond: 1 }
const result = { promptIds: [], usage: { ...usage, cutOff: 'length' as const }, timings }

test('an answer that was cut goes on in itself, from its own tokens', async () => {
  const { conversationId, answerId } = await cut()
  const stream = conversations.watch(conversationId)
  expect(ask.goOn({ messageId: answerId }).answerId).toBe(answerId)
  const more = await engine.nextAnswer()
  expect(more.request.begun).toEqual({ text: 'One, two', tokens: [1, 2, 3] })
  expect(more.request.messages.at(-1)).toMatchObject({ role: 'user' })
  expect(() => ask.goOn({ messageId: answerId })).toThrow(code('Busy'))
  more.text(', three')
  more.finish({ ...result, usage, tokens: [1, 2, 3, 4], finishReason: 'stop' })
  await until(stream, ended)
  expect(conversations.message(answerId)).toMatchObject({ status: 'complete', usage: { completionTokens: 3 } })
  expect(textOf(conversations.message(answerId))).toBe('One, two, three')
  expect(conversations.tokens(answerId)).toBeNull()
  expect(() => ask.goOn({ messageId: answerId })).toThrow(code('InvalidInput'))
})

test('what was written of it is kept when the app ends, and goes on after that', async () => {
  const { conversationId, answerId } = await cut()
  ask.goOn({ messageId: answerId })
  ;(await engine.nextAnswer()).text(', three')
  await until(conversations.watch(conversationId), textIs(answerId, 'One, two, three'))
  // as a process that is killed: nothing is stored any more
  store.close()
  open()
  expect(conversations.message(answerId).status).toBe('interrupted')
  expect(textOf(conversations.message(answerId))).toBe('One, two, three')
  ask.goOn({ messageId: answerId })
  expect((await engine.nextAnswer()).request.begun?.text).toBe('One, two, three')
})

test('its figures stay when it is stopped before anything more has come', async () => {
  const { answerId } = await cut()
  ask.goOn({ messageId: answerId })
  await engine.nextAnswer()
  await ask.stop({ messageId: answerId })
  expect(conversations.message(answerId)).toMatchObject({ status: 'stopped', usage: { completionTokens: 3 } })
  expect(conversations.tokens(answerId)).toEqual([1, 2, 3])
})

test.each([
  [
    'whole',
    async () => {
      const sent = question('Hello')
      const stream = conversations.watch(sent.conversationId)
      ;(await engine.nextAnswer()).finish()
      await until(stream, ended)
      return sent.answerId
    },
  ],
  [
    'of which there is nothing',
    async () => {
      const sent = question('Hello')
      await engine.nextAnswer()
      await ask.stop({ messageId: sent.answerId })
      return sent.answerId
    },
  ],
  ['that is a question', async () => (await cut()).userMessageId],
  [
    'that others came after',
    async () => {
      const sent = await cut()
      const stream = conversations.watch(sent.conversationId)
      question('And?', sent.conversationId)
      ;(await engine.nextAnswer()).finish()
      await until(stream, ended)
      return sent.answerId
    },
  ],
])('one %s does not', async (_, make) => {
  const messageId = await make()
  expect(() => ask.goOn({ messageId })).toThrow(code('InvalidInput'))
})

test('another model than the one that began does not go on with it', async () => {
  const { answerId } = await cut()
  store.db.prepare('UPDATE messages SET model = ? WHERE id = ?').run('Another', answerId)
  expect(() => ask.goOn({ messageId: answerId })).toThrow(
    expect.objectContaining({
      message: 'Only Another can go on with this answer. Choose it, or ask again.',
    }) as AppError,
  )
  expect(models.chosen().model.name).not.toBe('Another')
})

test('a question is answered again with other sampling and another detail, this once', async () => {
  const sent = question('What is it?')
  const stream = conversations.watch(sent.conversationId)
  const first = await engine.nextAnswer()
  first.finish()
  await until(stream, ended)
  const budget = { minPixels: 784, maxPixels: 7840 }
  ask.retry({ messageId: sent.answerId, variation: { sampling: { temperature: 1.2 }, budget } })
  const again = await engine.nextAnswer()
  expect(again.request).toMatchObject({ budget, sampling: { ...first.request.sampling, temperature: 1.2 } })
  again.finish()
  await until(stream, ended)
  expect(() => ask.retry({ messageId: sent.answerId, variation: { modelId: 'gone' } })).toThrow(code('NotFound'))
  expect(conversations.message(sent.answerId).siblings).toHaveLength(2)
})

test('an edited question is asked after what came before the one that it is a version of', async () => {
  const first = await cut('1')
  const second = question('Two?', first.conversationId)
  const stream = conversations.watch(first.conversationId)
  ;(await engine.nextAnswer()).finish()
  await until(stream, ended)
  const edited = ask.send({
    ...{ conversationId: first.conversationId, parts: [{ type: 'text', text: 'Zwei?' }] },
    edits: second.userMessageId,
  })
  const { request, finish } = await engine.nextAnswer()
  expect(request.messages.filter(({ role }) => role !== 'system').map(({ content }) => content[0])).toMatchObject([
    { text: 'Count.' },
    { text: '1' },
    { text: 'Zwei?' },
  ])
  finish()
  await until(stream, ended)
  expect(conversations.message(edited.userMessageId).siblings).toEqual([second.userMessageId, edited.userMessageId])
  const gone = { conversationId: first.conversationId, parts: [{ type: 'text' as const, text: 'x' }], edits: 'gone' }
  expect(() => ask.send(gone)).toThrow(code('InvalidInput'))
  expect(() => ask.send({ ...gone, edits: second.answerId })).toThrow(code('InvalidInput'))
})
