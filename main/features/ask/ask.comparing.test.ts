import { AppError } from '#contract'
import type { ConversationEvent } from '#contract'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  ask,
  code,
  conversations,
  count,
  ended,
  engine,
  models,
  question,
  second,
  secondEngine,
  textIs,
  textOf,
  textPart,
  until,
} from './testing/testbed.ts'

describe('an answer beside another', () => {
  const underWay = { phase: 'prefill', done: 0, total: 1 } as const
  let compareWith: string
  beforeEach(async () => {
    compareWith = (await models.register({ textPath: '/models/other.gguf', projectorPath: null }, { name: 'Other' })).id
  })
  const compared = (text: string, conversationId: string | null = null) => {
    const sent = ask.send({ conversationId, parts: [textPart(text)], compareWith })
    return { ...sent, besideId: sent.besideId as string }
  }
  const bothEnded = () => {
    const seen = new Set<string>()
    return (event: ConversationEvent) =>
      ended(event) && event.type === 'message' && seen.add(event.message.id).size === 2
  }

  test('is given by the other model to the same question, at the same time, each stored and shown as it comes', async () => {
    const sent = compared('What is it?')
    const stream = conversations.watch(sent.conversationId)
    const one = await engine.nextAnswer()
    one.progress(underWay)
    const two = await secondEngine.nextAnswer()
    expect(one.request.model.textPath).toMatch(/demo-text-f16/)
    expect(two.request.model).toEqual({ textPath: '/models/other.gguf', projectorPath: null })
    expect(two.request.messages).toEqual(one.request.messages)
    expect(two.options.conversationId).toBe(sent.conversationId)
    two.text('a ring')
    await until(stream, textIs(sent.besideId, 'a ring'))
    one.text('a circle')
    await until(stream, textIs(sent.answerId, 'a circle'))
    expect(conversations.message(sent.besideId)).toMatchObject({
      status: 'streaming',
      model: 'Other',
      beside: sent.answerId,
    })
    two.finish()
    one.finish()
    const events = await until(stream, bothEnded())
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + events[0]!.seq))
    for (const id of [sent.answerId, sent.besideId])
      expect(conversations.message(id)).toMatchObject({ status: 'complete', timings: { ttftMs: 4 } })
  })

  test('begins when the first has its model and pictures, or has ended', async () => {
    const sent = compared('one')
    const stream = conversations.watch(sent.conversationId)
    const one = await engine.nextAnswer()
    const began = secondEngine.nextAnswer()
    let hasBegun = false
    void began.then(() => (hasBegun = true))
    one.progress({ phase: 'loading', done: 50, total: 100 })
    one.progress({ phase: 'encoding', done: 0, total: 1 })
    await until(stream, (event) => event.type === 'progress' && event.progress.phase === 'encoding')
    await new Promise(setImmediate)
    expect(hasBegun).toBe(false)
    one.fail()
    ;(await began).finish()
    await until(stream, bothEnded())
    expect([sent.answerId, sent.besideId].map((id) => conversations.message(id).status)).toEqual(['failed', 'complete'])
  })

  test('that fails leaves the first alone, and the other way round', async () => {
    const outOfMemory = new AppError('OutOfMemory', 'Too large.', { needed: 9, free: 1 })
    const sent = compared('one')
    const stream = conversations.watch(sent.conversationId)
    const one = await engine.nextAnswer()
    one.progress(underWay)
    ;(await secondEngine.nextAnswer()).fail(outOfMemory)
    await until(stream, ended)
    one.text('eins')
    one.finish()
    await until(stream, ended)
    expect(conversations.message(sent.besideId)).toMatchObject({
      status: 'failed',
      error: { code: 'OutOfMemory', detail: { needed: 9, free: 1 } },
    })
    expect(conversations.message(sent.answerId)).toMatchObject({ status: 'complete', error: null })
  })

  test('is stopped together with the first, by the id of either', async () => {
    for (const which of ['answerId', 'besideId'] as const) {
      const sent = compared('Tell a story')
      const one = await engine.nextAnswer()
      one.progress(underWay)
      one.text('Once')
      const two = await secondEngine.nextAnswer()
      two.text('There')
      await ask.stop({ messageId: sent[which] })
      expect(
        [sent.answerId, sent.besideId]
          .map((id) => conversations.message(id))
          .map((message) => [message.status, textOf(message)]),
      ).toEqual([
        ['stopped', 'Once'],
        ['stopped', 'There'],
      ])
    }
  })

  test('is stopped also before the first is under way', async () => {
    const sent = compared('one')
    await engine.nextAnswer()
    await ask.stop({ messageId: sent.answerId })
    expect([sent.answerId, sent.besideId].map((id) => conversations.message(id).status)).toEqual(['stopped', 'stopped'])
  })

  test('keeps a further question waiting until both have ended; it sees only the path', async () => {
    const sent = compared('one')
    const stream = conversations.watch(sent.conversationId)
    const one = await engine.nextAnswer()
    one.text('eins')
    one.finish()
    await until(stream, ended)
    const two = await secondEngine.nextAnswer()
    two.text('uno')
    expect(() => compared('two', sent.conversationId)).toThrow(code('Busy'))
    two.finish()
    await until(stream, ended)

    const next = compared('two', sent.conversationId)
    const path = (answer: string) => [
      { role: 'user', content: [textPart('one')] },
      { role: 'assistant', content: [textPart(answer)] },
      { role: 'user', content: [textPart('two')] },
    ]
    const asked = await engine.nextAnswer()
    expect(asked.request.messages).toEqual(path('eins'))
    asked.finish()
    const beside = await secondEngine.nextAnswer()
    expect(beside.request.messages).toEqual(path('eins'))
    beside.finish()
    await until(stream, bothEnded())

    conversations.selectBranch(sent.besideId)
    question('two', next.conversationId)
    const other = await engine.nextAnswer()
    expect(other.request.messages).toEqual(path('uno'))
    other.finish()
    await until(stream, ended)
  })

  test('comes again with a retry, as a new pair, and not without being asked for', async () => {
    const sent = compared('one')
    const stream = conversations.watch(sent.conversationId)
    const end = async () => {
      ;(await engine.nextAnswer()).finish()
      ;(await secondEngine.nextAnswer()).finish()
      await until(stream, bothEnded())
    }
    await end()
    const again = ask.retry({ messageId: sent.besideId, compareWith })
    await end()
    expect(again.besideId).not.toBeNull()
    expect(conversations.message(again.answerId).siblings).toEqual([sent.answerId, again.answerId])
    const alone = ask.retry({ messageId: again.answerId })
    expect(alone.besideId).toBeNull()
    ;(await engine.nextAnswer()).finish()
    await until(stream, ended)
  })

  test('by an unknown model is NotFound, and nothing is stored', () => {
    expect(() => ask.send({ conversationId: null, parts: [textPart('one')], compareWith: 'nothing' })).toThrow(
      code('NotFound'),
    )
    expect(count('conversations')).toBe(0)
  })

  test('is interrupted with its text when the app closes, and removed with its conversation', async () => {
    const sent = compared('one')
    const one = await engine.nextAnswer()
    one.text('half')
    const two = await secondEngine.nextAnswer()
    two.text('demi')
    await until(conversations.watch(sent.conversationId), textIs(sent.besideId, 'demi'))
    ask.close()
    expect(
      [sent.answerId, sent.besideId]
        .map((id) => conversations.message(id))
        .map((message) => [message.status, textOf(message)]),
    ).toEqual([
      ['interrupted', 'half'],
      ['interrupted', 'demi'],
    ])
    const gone = compared('two')
    const first = await engine.nextAnswer()
    first.progress(underWay)
    const beside = await secondEngine.nextAnswer()
    await ask.remove(gone.conversationId, () => conversations.remove(gone.conversationId))
    await Promise.all([first.aborted, beside.aborted])
  })

  test('has the second model make way before the first answers', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    second.makeWay = ({ textPath }) =>
      textPath.endsWith('demo-text-f16.gguf') ? promise : Promise.reject(new Error(textPath))
    question('one')
    let began = false
    const answer = engine.nextAnswer().then((it) => {
      began = true
      return it
    })
    await new Promise(setImmediate)
    expect(began).toBe(false)
    resolve()
    ;(await answer).finish()
  })
})
