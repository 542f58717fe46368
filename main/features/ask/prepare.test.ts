import { describe, expect, test } from 'vitest'
import { AppError } from '#contract'
import { ask, code, engine, picture, question, textPart } from './testing/testbed.ts'

describe('count', () => {
  test('gives each part its exact tokens, and the conversation those before the draft', async () => {
    const left = await picture('left')
    engine.tokens = async ({ messages }) => {
      expect(messages.at(-1)?.content.map((part) => part.type)).toEqual(['image', 'text'])
      return { lastMessage: [16, 5], total: 121 }
    }
    const counted = await ask.count({ conversationId: null, parts: [left, textPart(''), textPart('What?')] })
    expect(counted).toEqual({ parts: [16, 0, 5], conversation: 100, context: 4096 })
  })

  test('of an empty draft counts the conversation, and asks nothing without one', async () => {
    engine.tokens = () => Promise.reject(new Error('not to be asked'))
    expect(await ask.count({ conversationId: null, parts: [] })).toEqual({ parts: [], conversation: 0, context: 4096 })
    const sent = question('one')
    engine.tokens = async ({ messages }) => ({ lastMessage: messages.map(() => 7), total: 50 })
    expect(await ask.count({ conversationId: sent.conversationId, parts: [textPart('')] })).toEqual({
      parts: [0],
      conversation: 50,
      context: 4096,
    })
  })
})

test('a count that is given up ends in the engine too', async () => {
  const signals: (AbortSignal | undefined)[] = []
  engine.tokens = (_, signal) =>
    new Promise((_resolve, reject) => {
      signals.push(signal)
      signal?.addEventListener('abort', () => reject(new AppError('Interrupted', 'Stopped.')))
    })
  const caller = new AbortController()
  const counting = ask.count({ conversationId: null, parts: [textPart('What')] }, caller.signal)
  const kept = ask.count({ conversationId: null, parts: [textPart('What?')] }, new AbortController().signal)
  caller.abort()
  await expect(counting).rejects.toEqual(code('Interrupted'))
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, false])
  void kept.catch(() => {})
})

describe('prepare', () => {
  test('a newer draft of the same conversation takes the place of the one before; others stay', async () => {
    const signals: AbortSignal[] = []
    engine.prepare = (_, { signal } = {}) =>
      new Promise((_resolve, reject) => {
        signals.push(signal as AbortSignal)
        signal?.addEventListener('abort', () => reject(new AppError('Interrupted', 'stopped')))
      })
    const sent = question('elsewhere')
    const first = ask.prepare({ conversationId: null, parts: [textPart('a')] })
    const elsewhere = ask.prepare({ conversationId: sent.conversationId, parts: [textPart('b')] })
    const second = ask.prepare({ conversationId: null, parts: [textPart('ab')] })
    await expect(first).rejects.toEqual(code('Interrupted'))
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false, false])
    question('ab')
    await expect(second).rejects.toEqual(code('Interrupted'))
    ask.close()
    await expect(elsewhere).rejects.toEqual(code('Interrupted'))
  })

  test('asks nothing for an empty draft without a conversation', async () => {
    engine.prepare = () => Promise.reject(new Error('not to be asked'))
    expect(await ask.prepare({ conversationId: null, parts: [] })).toBeUndefined()
  })

  test('ends with its caller, and passes on what the engine says', async () => {
    const caller = new AbortController()
    engine.prepare = (_, { signal } = {}) =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new AppError('Interrupted', 'stopped'))),
      )
    const preparing = ask.prepare({ conversationId: null, parts: [textPart('a')] }, caller.signal)
    caller.abort()
    await expect(preparing).rejects.toEqual(code('Interrupted'))
    engine.prepare = () => Promise.reject(new AppError('ContextFull', 'Too long.', { needed: 5000, free: 4096 }))
    await expect(ask.prepare({ conversationId: null, parts: [textPart('a')] })).rejects.toEqual(code('ContextFull'))
  })
})
