import type { QuestionPart } from '#contract'
import { describe, expect, test } from 'vitest'
import {
  ask,
  attachments,
  code,
  conversations,
  count,
  ended,
  engine,
  models,
  picture,
  question,
  secondEngine,
  settings,
  textOf,
  textPart,
  until,
} from './testing/testbed.ts'

/** A stored picture as the engine is given it: with all that is known, so that its file is not read to be counted. */
const sourceOf = ({ sha, name }: { sha: string; name: string }) => ({
  path: attachments.pathOf(sha),
  digest: sha,
  size: { width: 56, height: 28 },
  name,
})

describe('what the engine is asked', () => {
  test('a picture with the detail that was chosen for it, also when it is asked about again', async () => {
    const budget = { minPixels: 784, maxPixels: 7840 }
    const part = { ...(await picture('one')), budget }
    const first = ask.send({ conversationId: null, parts: [part, textPart('What?')] })
    const stream = conversations.watch(first.conversationId)
    const one = await engine.nextAnswer()
    expect(one.request.messages[0]?.content[0]).toEqual({
      type: 'image',
      source: sourceOf(part),
      ...budget,
    })
    one.fail()
    await until(stream, ended)
    ask.retry({ messageId: first.userMessageId })
    const two = await engine.nextAnswer()
    expect(two.request.messages[0]?.content[0]).toMatchObject(budget)
    two.fail()
    await until(stream, ended)
  })

  test('the path with pictures in their places, answers as they are, and empty ones left out', async () => {
    const [left, right] = [await picture('left'), await picture('right')]
    const first = ask.send({
      conversationId: null,
      parts: [textPart('Compare '), left, textPart(''), textPart(' with '), right],
    })
    const stream = conversations.watch(first.conversationId)
    const one = await engine.nextAnswer()
    const image = (part: { sha: string; name: string }) => ({
      type: 'image',
      source: sourceOf(part),
    })
    const asked = [{ type: 'text', text: 'Compare ' }, image(left), { type: 'text', text: ' with ' }, image(right)]
    expect(one.request.messages).toEqual([{ role: 'user', content: asked }])
    one.text('Left is')
    one.fail()
    await until(stream, ended)

    question('And?', first.conversationId)
    const two = await engine.nextAnswer()
    two.fail()
    await until(stream, ended)

    settings.update({ systemPrompt: 'Be brief.' })
    ask.send({ conversationId: first.conversationId, parts: [left] })
    const three = await engine.nextAnswer()
    expect(three.request.messages).toEqual([
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', content: asked },
      { role: 'assistant', content: [{ type: 'text', text: 'Left is' }] },
      { role: 'user', content: [{ type: 'text', text: 'And?' }] },
      { role: 'user', content: [image(left)] },
    ])
    expect(conversations.get(first.conversationId).title).toBe('Compare with')
    expect(textOf(conversations.message(first.userMessageId))).toBe('Compare [my left.png] with [my right.png]')
  })

  test('a picture with what was drawn on it', async () => {
    const marks: Extract<QuestionPart, { type: 'image' }>['marks'] = [
      { type: 'box', x1: 0.1, y1: 0.2, x2: 0.3, y2: 0.4, label: 'Box 1' },
    ]
    const sent = ask.send({
      conversationId: null,
      parts: [{ ...(await picture('one')), marks }, textPart('What is in it?')],
    })
    const stream = conversations.watch(sent.conversationId)
    const answer = await engine.nextAnswer()
    expect(answer.request.messages[0]?.content[0]).toMatchObject({ type: 'image', marks })
    answer.fail()
    await until(stream, ended)
    expect(conversations.message(sent.userMessageId).parts[0]).toMatchObject({ marks })
  })

  test('an answer of the format that was chosen for the question, of each model and with every retry; not of others', async () => {
    const compareWith = (
      await models.register({ textPath: '/models/other.gguf', projectorPath: null }, { name: 'Other' })
    ).id
    const format = { name: 'Count', schema: '{"type": "object", "properties": {"count": {"type": "integer"}}}' }
    const held = { jsonSchema: format.schema }
    const sent = ask.send({ conversationId: null, parts: [textPart('How many?')], format, compareWith })
    const stream = conversations.watch(sent.conversationId)
    const end = async (...answers: { finish: () => void }[]) => {
      for (const answer of answers) {
        answer.finish()
        await until(stream, ended)
      }
    }
    const one = await engine.nextAnswer()
    one.progress({ phase: 'prefill', done: 0, total: 1 })
    const two = await secondEngine.nextAnswer()
    for (const { request } of [one, two]) expect(request.format).toEqual(held)
    await end(one, two)

    ask.retry({ messageId: sent.answerId })
    const again = await engine.nextAnswer()
    expect(again.request.format).toEqual(held)
    await end(again)

    question('And why?', sent.conversationId)
    const next = await engine.nextAnswer()
    expect(next.request.format).toBeUndefined()
    await end(next)
    expect(ask.recentFormats()).toEqual([format])
  })

  test('no format that an answer cannot be held to; nothing is stored then', () => {
    for (const schema of ['{', '[]', '{"type": "string", "pattern": "a"}'])
      expect(
        () => ask.send({ conversationId: null, parts: [textPart('What?')], format: { name: 'Own', schema } }),
        schema,
      ).toThrow(code('InvalidInput'))
    expect(count('messages')).toBe(0)
  })

  test("the model's defaults, and the user's settings over them", async () => {
    question('one')
    const defaults = (await engine.nextAnswer()).request
    expect(defaults).toMatchObject({
      budget: { minPixels: 4 * 784, maxPixels: 24 * 784 },
      contextTokens: 4096,
      maxTokens: 256,
      sampling: { temperature: 0 },
    })
    expect(defaults.model.textPath).toMatch(/demo-text-f16\.gguf$/)
    ask.close()
    const mine = {
      budget: { minPixels: 784, maxPixels: 7840 },
      maxTokens: 7,
      sampling: { temperature: 1, topP: 0.5, topK: 3, minP: 0.1, repeatPenalty: 1.2, seed: 42 },
    }
    settings.update(mine)
    question('two')
    expect((await engine.nextAnswer()).request).toMatchObject({ ...mine, contextTokens: 4096 })
  })

  test('questions of different conversations one after the other', async () => {
    const first = question('one')
    const second = question('two')
    const one = await engine.nextAnswer()
    const stream = conversations.watch(second.conversationId)
    expect((await stream.next()).value).toMatchObject({ progress: { [second.answerId]: { phase: 'waiting' } } })
    one.text('eins')
    one.finish()
    const two = await engine.nextAnswer()
    expect(two.options.conversationId).toBe(second.conversationId)
    two.text('zwei')
    two.finish()
    await until(stream, ended)
    expect([first, second].map((sent) => textOf(conversations.message(sent.answerId)))).toEqual(['eins', 'zwei'])
  })
})
