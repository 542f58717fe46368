import { describe, expect, test } from 'vitest'
import { AppError } from '#contract'
import { ask, code, conversations, ended, engine, picture, question, until, textPart } from './testing/testbed.ts'

describe('a full context', () => {
  const full = new AppError('ContextFull', 'Full.', { needed: 9000, context: 4096, remedy: 'turns' })
  /** Every text and picture counts as much as it says. */
  const countEach = (perText: number, perPicture: (part: { maxPixels?: number }, usual: number) => number) => {
    engine.tokens = async ({ messages, budget }) => ({
      total: messages
        .flatMap(({ content }) =>
          content.map((part) =>
            part.type === 'text' ? perText : perPicture(part as { maxPixels?: number }, budget.maxPixels),
          ),
        )
        .reduce((sum, n) => sum + n, 0),
    })
  }
  const texts = (request: { messages: readonly { content: readonly object[] }[] }) =>
    request.messages.flatMap(({ content }) => content.map((part) => ('text' in part ? part.text : '[picture]')))
  const exchange = async (id: string | null, said: string) => {
    const sent = question(said, id)
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    answer.text(`${said}!`)
    answer.finish()
    await until(stream, ended)
    return sent.conversationId
  }

  test('leaves out the oldest messages when asked to, and goes on without them', async () => {
    const id = await exchange(null, 'one')
    await exchange(id, 'two')
    await exchange(id, 'three')
    const sent = question('four', id)
    const stream = conversations.watch(id)
    ;(await engine.nextAnswer()).fail(full)
    const [failed] = (await until(stream, ended)).slice(-1)
    expect(failed).toMatchObject({ message: { status: 'failed', error: { code: 'ContextFull' } } })

    countEach(1000, () => 0)
    const again = await ask.remedy({ messageId: sent.answerId, remedy: 'turns' })
    const answer = await engine.nextAnswer()
    expect(texts(answer.request)).toEqual(['three', 'three!', 'four'])
    answer.text('four!')
    answer.finish()
    await until(stream, ended)
    expect(conversations.message(again.answerId).leftOut).toBe(4)
    question('five', id)
    const next = await engine.nextAnswer()
    expect(texts(next.request)).toEqual(['three', 'three!', 'four', 'four!', 'five'])
    next.finish()
    await until(stream, ended)
    expect(conversations.path(again.answerId)).toHaveLength(8)
  })

  test('finds what to leave out of a long conversation in few counts, which end with the caller', async () => {
    let id: string | null = null
    for (let n = 0; n < 40; n++) id = await exchange(id, `question ${n}`)
    const sent = question('last', id)
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).fail(full)
    await until(stream, ended)

    countEach(100, () => 0)
    const each = engine.tokens
    let counts = 0
    engine.tokens = (...wanted) => (counts++, each(...wanted))
    const again = await ask.remedy({ messageId: sent.answerId, remedy: 'turns' })
    // 100 tokens for each of 81 messages; 4096 - 512 are free, which is 35 messages: 17 exchanges and the question
    expect(conversations.message(again.answerId).leftOut).toBe(46)
    expect(counts).toBeLessThanOrEqual(6)
    ;(await engine.nextAnswer()).fail(full)
    await until(stream, ended)

    const caller = new AbortController()
    engine.tokens = (_, signal) =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new AppError('Interrupted', 'Stopped.'))),
      )
    const given = ask.remedy({ messageId: again.answerId, remedy: 'turns' }, caller.signal)
    caller.abort()
    await expect(given).rejects.toEqual(code('Interrupted'))
  })

  test('gives the pictures less detail when asked to, from then on', async () => {
    const part = await picture('large')
    const sent = ask.send({ conversationId: null, parts: [part, textPart('What?')] })
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).fail(full)
    await until(stream, ended)
    const { maxPixels: usual } = (await import('../../services/models/demo.ts')).demoModel('').defaults.budget
    countEach(10, ({ maxPixels }, most) => Math.round(((maxPixels ?? most) / usual) * 12_000))
    const again = await ask.remedy({ messageId: sent.answerId, remedy: 'detail' })
    const budget = { minPixels: 784, maxPixels: usual / 4 }
    const answer = await engine.nextAnswer()
    expect(answer.request.messages[0]!.content[0]).toMatchObject(budget)
    answer.finish()
    await until(stream, ended)
    expect(conversations.message(again.userMessageId).parts[0]).toMatchObject({ type: 'image', budget })
  })

  test('raises the context when asked to, from then on', async () => {
    const sent = question('long')
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).fail(full)
    await until(stream, ended)
    countEach(9000, () => 0)
    await ask.remedy({ messageId: sent.answerId, remedy: 'context' })
    const answer = await engine.nextAnswer()
    expect(answer.request.contextTokens).toBe(10_240)
    answer.finish()
    await until(stream, ended)
  })

  test('says so when that does not help, and changes nothing', async () => {
    const part = await picture('large')
    const sent = ask.send({ conversationId: null, parts: [part, textPart('What?')] })
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).fail(full)
    await until(stream, ended)
    countEach(9000, () => 9000)
    const before = conversations.path(sent.answerId)
    for (const remedy of ['turns', 'detail'] as const)
      await expect(ask.remedy({ messageId: sent.answerId, remedy })).rejects.toThrow(code('ContextFull'))
    expect(conversations.path(sent.answerId)).toEqual(before)
  })
})
