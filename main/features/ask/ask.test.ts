import { rm } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { AppError, Message } from '#contract'
import type { QuestionPart } from '#contract'
import {
  ask,
  attachments,
  code,
  conversations,
  count,
  ended,
  engine,
  open,
  picture,
  question,
  textOf,
  store,
  textIs,
  until,
  textPart,
} from './testing/testbed.ts'

describe('an answer', () => {
  test('goes from progress over text to its figures, and is stored as it was shown', async () => {
    const sent = question('What is it?')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    expect(answer.options.conversationId).toBe(sent.conversationId)
    answer.progress({ phase: 'prefill', done: 1, total: 2 })
    answer.text('A red')
    answer.text(' circle')
    answer.text('.')
    answer.finish()
    const events = await until(stream, ended)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i))
    expect(events[1]).toMatchObject({ type: 'progress', progress: { phase: 'prefill' } })
    const text = events.flatMap((event) => (event.type === 'text' ? [event] : []))
    expect(text.map((event) => event.text).join('')).toBe('A red circle.')
    expect(text.length, 'text that came at once is sent in batches').toBeLessThan(3)
    expect(conversations.message(sent.answerId)).toMatchObject({
      status: 'complete',
      model: 'Demo model',
      usage: { completionTokens: 3 },
      timings: { ttftMs: 4 },
    })
    expect(textOf(conversations.message(sent.answerId))).toBe('A red circle.')
  })

  test('is on the disk before anyone sees it', async () => {
    const sent = question('Count')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    let shown = ''
    for (const digit of '0123456789') {
      answer.text(digit)
      const event = (await until(stream, (each) => each.type === 'text')).at(-1)
      shown += event?.type === 'text' ? event.text : ''
      expect(textOf(conversations.message(sent.answerId)).startsWith(shown)).toBe(true)
    }
    expect(shown).toBe('0123456789')
    answer.finish()
  })

  test('at the token limit counts as complete, and is kept as cut off', async () => {
    const sent = question('Tell me everything')
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).finish({
      finishReason: 'length',
      usage: {
        promptTokens: 2,
        imageTokens: 0,
        completionTokens: 3,
        cachedTokens: 0,
        contextTokens: 5,
        cutOff: 'context',
      },
    })
    await until(stream, ended)
    const stored = conversations.message(sent.answerId)
    expect(stored).toMatchObject({ status: 'complete', usage: { cutOff: 'context' } })
    expect(Message.parse(stored).usage).toEqual(stored.usage)
  })

  test('that the engine fails in the middle keeps its text and says why; retry answers anew beside it', async () => {
    const sent = question('What is it?')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.text('A bl')
    answer.fail(new AppError('EngineCrashed', 'The model stopped.', { signal: 'SIGSEGV' }))
    await until(stream, ended)
    const failed = conversations.message(sent.answerId)
    expect([failed.status, textOf(failed), failed.error]).toEqual([
      'failed',
      'A bl',
      { code: 'EngineCrashed', message: 'The model stopped.', detail: { signal: 'SIGSEGV' } },
    ])

    const again = ask.retry({ messageId: sent.answerId })
    expect(again).toMatchObject({ conversationId: sent.conversationId, userMessageId: sent.userMessageId })
    const second = await engine.nextAnswer()
    expect(second.request.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'What is it?' }] }])
    second.text('A blue star')
    second.finish()
    await until(stream, ended)
    expect(conversations.message(again.answerId).siblings).toEqual([sent.answerId, again.answerId])
    expect(textOf(conversations.message(again.answerId))).toBe('A blue star')
    expect(textOf(conversations.message(sent.answerId))).toBe('A bl')
  })

  test('that fails with something unexpected is failed, and one without a result too', async () => {
    const first = question('one')
    let stream = conversations.watch(first.conversationId)
    ;(await engine.nextAnswer()).fail(new TypeError('x is not a function'))
    await until(stream, ended)
    expect(conversations.message(first.answerId).error).toEqual({
      code: 'EngineFailed',
      message: 'x is not a function',
    })

    engine.answer = async function* () {}
    const second = question('two')
    stream = conversations.watch(second.conversationId)
    await until(stream, ended)
    expect(conversations.message(second.answerId)).toMatchObject({ status: 'failed', error: { code: 'EngineFailed' } })
  })

  test('that the disk has no room for ends as failed for its watchers, and as interrupted after a restart', async () => {
    const sent = question('Fill the disk')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.text('fits')
    await until(stream, textIs(sent.answerId, 'fits'))
    const pages = store.db.pragma('page_count', { simple: true }) as number
    store.db.pragma(`max_page_count = ${pages}`)
    answer.text('x'.repeat(1_000_000))
    const last = (await until(stream, ended)).at(-1)
    expect(last).toMatchObject({
      message: {
        status: 'failed',
        error: { code: 'StorageFailed', message: expect.stringContaining('disk is full') as string },
      },
    })
    expect(last?.type === 'message' && textOf(last.message)).toBe('fits')
    await answer.aborted
    store.close()
    open()
    expect(['failed', 'interrupted']).toContain(conversations.message(sent.answerId).status)
    expect(textOf(conversations.message(sent.answerId))).toBe('fits')
  })
})

test('the end of an answer is waited for, and told at once afterwards', async () => {
  const sent = question('Hello')
  const answer = await engine.nextAnswer()
  let told: unknown = null
  const end = ask.ended({ messageId: sent.answerId }).then((how) => (told = how))
  await Promise.resolve()
  expect(told).toBeNull()
  answer.text('Hi')
  answer.finish()
  await end
  expect(told).toEqual({ status: 'complete', error: null })
  expect(await ask.ended({ messageId: sent.answerId })).toEqual(told)
  await expect(ask.ended({ messageId: 'nobody' })).rejects.toMatchObject({ code: 'NotFound' })
})

describe('stop', () => {
  test('keeps the text so far and returns when the engine has stopped', async () => {
    const sent = question('Tell a story')
    const answer = await engine.nextAnswer()
    answer.text('Once upon')
    engine.stopsOnAbort = false
    let stopped = false
    const stopping = ask.stop({ messageId: sent.answerId }).then(() => (stopped = true))
    await answer.aborted
    answer.text(' a time')
    expect(stopped).toBe(false)
    answer.finish({ finishReason: 'aborted' })
    await stopping
    expect(conversations.message(sent.answerId)).toMatchObject({ status: 'stopped', error: null })
    expect(textOf(conversations.message(sent.answerId))).toBe('Once upon a time')
  })

  test('of an answer that waits its turn does not disturb the one that runs', async () => {
    const first = question('one')
    const running = await engine.nextAnswer()
    const second = question('two')
    await ask.stop({ messageId: second.answerId })
    expect(conversations.message(second.answerId).status).toBe('stopped')
    const stream = conversations.watch(first.conversationId)
    running.text('still here')
    running.finish()
    await until(stream, ended)
    expect(textOf(conversations.message(first.answerId))).toBe('still here')
  })

  test('counts as stopped also when the engine crashes over it', async () => {
    const sent = question('one')
    engine.stopsOnAbort = false
    const answer = await engine.nextAnswer()
    const stopping = ask.stop({ messageId: sent.answerId })
    answer.fail()
    await stopping
    expect(conversations.message(sent.answerId)).toMatchObject({ status: 'stopped', error: null })
  })

  test('of an ended answer returns at once; of an unknown one is NotFound', async () => {
    const sent = question('one')
    await ask.stop({ messageId: sent.answerId })
    await ask.stop({ messageId: sent.answerId })
    await expect(ask.stop({ messageId: 'nothing' })).rejects.toEqual(code('NotFound'))
  })
})

describe('what is refused', () => {
  test('an empty question, and nothing is stored', () => {
    for (const parts of [[textPart('')], [textPart('  \n\t ')], [textPart(''), textPart(' ')]]) {
      expect(() => ask.send({ conversationId: null, parts })).toThrow(code('EmptyQuestion'))
    }
    expect(count('conversations')).toBe(0)
  })

  test('an unknown picture or one whose file is gone, and nothing is stored', async () => {
    const unknown: QuestionPart = { type: 'image', sha: 'f'.repeat(64), name: 'lost.png' }
    expect(() => ask.send({ conversationId: null, parts: [textPart('?'), unknown] })).toThrow(code('NotFound'))
    const known = await picture('gone')
    await rm(attachments.pathOf(known.sha))
    expect(() => ask.send({ conversationId: null, parts: [textPart('?'), known] })).toThrow(code('NotFound'))
    expect(count('conversations')).toBe(0)
  })

  test('unknown conversations and messages', () => {
    expect(() => question('?', 'nowhere')).toThrow(code('NotFound'))
    expect(() => ask.retry({ messageId: 'nothing' })).toThrow(code('NotFound'))
    expect(count('messages')).toBe(0)
  })

  test('a second question or a retry while the answer runs; not once it has ended', async () => {
    const sent = question('one')
    expect(() => question('two', sent.conversationId)).toThrow(code('Busy'))
    expect(() => ask.retry({ messageId: sent.userMessageId })).toThrow(code('Busy'))
    expect(count('messages')).toBe(2)
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).finish()
    await until(stream, ended)
    expect(question('two', sent.conversationId).conversationId).toBe(sent.conversationId)
  })
})

test('what the model sees is stored with the answer before its first word', async () => {
  const sent = ask.send({ conversationId: null, parts: [await picture('one'), textPart('What?')] })
  const stream = conversations.watch(sent.conversationId)
  const answer = await engine.nextAnswer()
  const seen = { family: 'qwen2vl' as const, media: [{ width: 112, height: 56, frames: 1, tokens: 8 }] }
  answer.seen(seen)
  await until(stream, (event) => event.type === 'message' && event.message.seen !== null)
  expect(conversations.message(sent.answerId)).toMatchObject({ seen, status: 'streaming' })
  answer.finish()
  await until(stream, ended)
})

describe('the end of a conversation and of the app', () => {
  test('a conversation that is removed while its answer streams stops the engine', async () => {
    const sent = question('one')
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.text('half')
    await until(stream, textIs(sent.answerId, 'half'))
    await ask.remove(sent.conversationId, () => conversations.remove(sent.conversationId))
    await answer.aborted
    const events = await until(stream, (event) => event.type === 'removed')
    expect(events.map((event) => event.type)).toEqual(['removed'])
    expect(count('messages')).toBe(0)
  })

  test('closing keeps the text so far as interrupted, with text that nobody saw yet, and does not wait for the engine', async () => {
    const sent = question('one')
    const stream = conversations.watch(sent.conversationId)
    engine.stopsOnAbort = false
    const answer = await engine.nextAnswer()
    answer.text('shown')
    await until(stream, textIs(sent.answerId, 'shown'))
    answer.text(' and waiting')
    await new Promise(setImmediate)
    ask.close()
    answer.text(' too late')
    answer.finish()
    await new Promise(setImmediate)
    const message = conversations.message(sent.answerId)
    expect([message.status, message.error?.code, textOf(message)]).toEqual([
      'interrupted',
      'Interrupted',
      'shown and waiting',
    ])
  })
})
