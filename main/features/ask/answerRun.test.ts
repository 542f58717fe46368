import { AppError } from '#contract'
import type { ErrorInfo } from '#contract'
import { describe, expect, test } from 'vitest'
import type { Conversations } from '../../services/conversations/index.ts'
import { runAnswer } from './answerRun.ts'
import {
  ask,
  code,
  conversations,
  count,
  ended,
  engine,
  open,
  question,
  store,
  textIs,
  until,
} from './testing/testbed.ts'

/** Whatever was rejected while nobody looked: it would end the browser shell's process. */
const rejections: unknown[] = []
process.on('unhandledRejection', (reason) => void rejections.push(reason))
const settled = async () => {
  for (let n = 0; n < 3; n++) await new Promise(setImmediate)
  return rejections.splice(0)
}

describe('a conversation that is removed while it answers', () => {
  test('takes no question of another window until it is gone, and goes once the engine has stopped', async () => {
    const sent = question('one')
    engine.stopsOnAbort = false
    const answer = await engine.nextAnswer()
    let isGone = false
    const removing = ask.remove(sent.conversationId, () => {
      conversations.remove(sent.conversationId)
      isGone = true
    })
    await answer.aborted
    expect(() => question('two', sent.conversationId)).toThrow(code('NotFound'))
    expect(() => ask.retry({ messageId: sent.answerId })).toThrow(code('NotFound'))
    expect(isGone).toBe(false)
    expect(count('messages')).toBe(2)
    answer.text('late')
    answer.finish()
    await removing
    expect(count('messages')).toBe(0)
    expect(() => question('three', sent.conversationId)).toThrow(code('NotFound'))
    expect(await settled()).toEqual([])
  })

  test('takes questions again when it could not be removed', async () => {
    const sent = question('one')
    const answer = await engine.nextAnswer()
    const failing = ask.remove(sent.conversationId, () => {
      throw new AppError('StorageFailed', 'The disk is full.')
    })
    await expect(failing).rejects.toEqual(code('StorageFailed'))
    await answer.aborted
    expect(conversations.message(sent.answerId).status).toBe('stopped')
    expect(question('two', sent.conversationId).conversationId).toBe(sent.conversationId)
  })

  test('by something else ends its answer quietly', async () => {
    const sent = question('one')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.text('shown')
    await until(stream, textIs(sent.answerId, 'shown'))
    conversations.remove(sent.conversationId)
    answer.text(' and lost')
    answer.finish()
    await until(stream, ({ type }) => type === 'removed')
    expect(await settled()).toEqual([])
  })
})

test('a database that cannot be read any more ends the answer, and whoever watches asks again', async () => {
  const sent = question('one')
  const stream = conversations.watch(sent.conversationId)
  const answer = await engine.nextAnswer()
  answer.text('shown')
  await until(stream, textIs(sent.answerId, 'shown'))
  const { db } = store
  db.exec('ALTER TABLE parts RENAME TO hidden')
  answer.text(' and lost')
  await answer.aborted
  await expect(until(stream, ended)).rejects.toThrow('The stream ended')
  expect(await settled()).toEqual([])
  db.exec('ALTER TABLE hidden RENAME TO parts')
  const again = conversations.watch(sent.conversationId)
  const snapshot = (await again.next()).value
  expect(snapshot).toMatchObject({
    messages: [{}, { status: 'failed', error: { code: 'StorageFailed' } }],
  })
  expect(conversations.message(sent.answerId).status, 'as long as the app runs').toBe('failed')
  store.close()
  open()
  expect(conversations.message(sent.answerId)).toMatchObject({ status: 'interrupted' })
})

test.each(['append', 'progress', 'seen', 'finish'] as const)('a failing %s rejects nothing', async (step) => {
  const reported: ErrorInfo[] = []
  const nothing = () => {}
  const fail = () => {
    throw new AppError('StorageFailed', 'The disk is full.')
  }
  const run = runAnswer({
    async *events() {
      yield { type: 'progress', progress: { phase: 'prefill', done: 0, total: 1 } }
      yield { type: 'seen', seen: { family: 'qwen2vl', media: [] } }
      yield { type: 'text', text: 'Hello' }
    },
    conversations: {
      ...({ append: nothing, progress: nothing, seen: nothing, finish: nothing } as unknown as Conversations),
      [step]: fail,
      ...(step === 'finish' && { finish: fail }),
      reportLost: (_, error) => void reported.push(error),
    },
    conversationId: 'c',
    answerId: 'a',
  })
  await run.done
  expect(run.ended).toBe(true)
  expect(reported.map(({ code }) => code)).toEqual(step === 'finish' ? ['StorageFailed'] : [])
})

test('a thought is stored before its answer and apart from it, and the next question and a retry go without it', async () => {
  const sent = ask.send({ conversationId: null, parts: [{ type: 'text', text: 'one' }], thinking: 'on' })
  const answer = await engine.nextAnswer()
  expect(answer.request.thinking).toBe('on')
  answer.reasoning('Let me ')
  answer.reasoning('see')
  answer.reasoned({ ms: 12_000, tokens: 4 })
  answer.text('Red.')
  const shown = conversations.watch(sent.conversationId)
  answer.finish()
  await until(shown, ended)
  expect(conversations.message(sent.answerId).parts).toEqual([
    { type: 'reasoning', text: 'Let me see', ms: 12_000, tokens: 4 },
    { type: 'text', text: 'Red.' },
  ])
  const next = question('two', sent.conversationId)
  const second = await engine.nextAnswer()
  expect(second.request.thinking).toBe('off')
  expect(second.request.messages[1]).toEqual({
    role: 'assistant',
    content: [{ type: 'text', text: 'Red.' }],
    reasoning: 'Let me see',
  })
  second.reasoning('Hm')
  await ask.stop({ messageId: next.answerId })
  expect(conversations.message(next.answerId)).toMatchObject({ status: 'stopped' })
  const again = ask.retry({ messageId: next.answerId, thinking: 'on' })
  const third = await engine.nextAnswer()
  expect(third.request.thinking).toBe('on')
  expect(third.request.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  const last = conversations.watch(sent.conversationId)
  third.finish()
  await until(last, ended)
  expect(conversations.message(again.answerId).status).toBe('complete')
})
