import { copyFileSync, rmSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { demoModelId } from '../services/models/index.ts'
import { firstMatching, until } from '../testing/until.ts'
import {
  app,
  chatty,
  code,
  drop,
  ended,
  engineIs,
  engineProcesses,
  inFolder,
  one,
  open,
  outcome,
  textOf,
  textPart,
  two,
} from './testing/testApp.ts'

/** The engine is the real one, on the demo model and on tiny models. */
beforeEach(() => open())

const question = textPart('What is in the picture?')
const ask = async (...pictures: string[]) =>
  one.ask.send({ conversationId: null, parts: [...(await Promise.all(pictures.map(drop))), question] })
const loading = () => engineIs(({ state }) => state === 'loading')
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('while the model loads', () => {
  test('a question is answered once it is there', async () => {
    const load = outcome(one.engine.load({}))
    await loading()
    const answer = await ended(await ask('red-circle'))
    expect(textOf(answer)).toMatch(/red circle/i)
    await load
    expect(engineProcesses()).toHaveLength(1)
  })

  test('a dropped picture is prepared although the user types: nothing of the work ahead is given up', async () => {
    const picture = await drop('red-circle')
    const prepared = one.ask.prepare({ conversationId: null, parts: [picture] })
    await loading()
    const counts = ['What', 'What is', 'What is in the picture?'].map((text) =>
      one.ask.count({ conversationId: null, parts: [picture, textPart(text)] }),
    )
    expect(await outcome(prepared)).not.toBe('Interrupted')
    for (const { parts } of await Promise.all(counts)) expect(parts).toEqual([16, expect.any(Number)])
    const answer = await ended(await one.ask.send({ conversationId: null, parts: [picture, question] }))
    expect(textOf(answer)).toMatch(/red circle/i)
    // the picture was in the KV cache when the question came
    expect(answer.usage!.cachedTokens).toBeGreaterThanOrEqual(16)
  })

  test('Stop ends the question at once as stopped, and the process goes on', async () => {
    const sent = await ask('red-circle')
    await loading()
    await two.ask.stop({ messageId: sent.answerId })
    expect((await ended(sent)).status).toBe('stopped')
    expect(textOf(await ended(await ask('blue-square')))).toMatch(/blue square/i)
    expect(engineProcesses()).toHaveLength(1)
  })

  test('a load that is given up and begun again is one load, in one process', async () => {
    const load = outcome(one.engine.load({}))
    await loading()
    await two.engine.cancelLoad()
    expect(await load).toBe('Interrupted')
    await one.engine.load({})
    expect((await engineIs(({ state }) => state === 'ready')).modelId).toBe(demoModelId)
    expect(engineProcesses()).toHaveLength(1)
  })

  test('the core closes: no process is left, and the data folder is free', async () => {
    const sent = await ask('red-circle')
    await loading()
    const pids = engineProcesses().map(({ pid }) => pid!)
    await app.close()
    await until(() => pids.every((pid) => !isAlive(pid)))
    open()
    expect((await ended(sent)).status).toBe('interrupted')
    expect(textOf(await ended(await ask('red-circle')))).toMatch(/red circle/i)
  })

  test('its conversation is removed: the next one is answered', async () => {
    const sent = await ask('red-circle')
    await loading()
    await two.conversations.remove({ id: sent.conversationId })
    expect(textOf(await ended(await ask('blue-square')))).toMatch(/blue square/i)
  })

  test('another model is chosen: the question that was asked before is answered by the first, the next by the second', async () => {
    const tiny = await chatty()
    await one.settings.update({ maxTokens: 8 })
    await one.models.choose({ id: demoModelId })
    const first = await ask('red-circle')
    await loading()
    await two.models.choose({ id: tiny })
    const second = await ask('red-circle')
    const answers = [await ended(first), await ended(second)]
    expect(textOf(answers[0]!)).toMatch(/red circle/i)
    expect(answers.map(({ status }) => status)).toEqual(['complete', 'complete'])
    expect(answers[0]!.model).not.toBe(answers[1]!.model)
    expect((await engineIs(({ state }) => state === 'ready')).modelId).toBe(tiny)
  })

  test('it fails because its file went away: the question says so, and another model answers', async () => {
    await chatty()
    const path = inFolder('gone.gguf')
    const { textPath } = (await one.models.list()).find(({ isDemo }) => isDemo)!
    copyFileSync(textPath, path)
    await one.models.add({ textPath: path, projectorPath: null })
    rmSync(path)
    const sent = await one.ask.send({ conversationId: null, parts: [question] })
    const failed = await ended(sent)
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'ModelNotFound' } })
    await two.models.choose({ id: demoModelId })
    expect(textOf(await ended(await ask('red-circle')))).toMatch(/red circle/i)
  })
})

describe('while a picture is prepared', () => {
  const prepare = (...parts: Parameters<typeof one.ask.prepare>[0]['parts']) =>
    outcome(one.ask.prepare({ conversationId: null, parts }))

  test('the draft is replaced: the last one is ready, and Send gets the answer about it', async () => {
    const [circle, square] = [await drop('red-circle'), await drop('blue-square')]
    const first = prepare(circle)
    const second = prepare(square)
    expect([undefined, 'Interrupted']).toContain(await first)
    expect(await second).toBeUndefined()
    const answer = await ended(await one.ask.send({ conversationId: null, parts: [square, question] }))
    expect(textOf(answer)).toMatch(/blue square/i)
    expect(answer.usage!.cachedTokens).toBeGreaterThanOrEqual(16)
  })

  test('the model is switched and the question sent: the new model answers it', async () => {
    const tiny = await chatty()
    await one.settings.update({ maxTokens: 8 })
    await one.models.choose({ id: demoModelId })
    const picture = await drop('red-circle')
    const prepared = prepare(picture)
    await loading()
    await two.models.choose({ id: tiny })
    const answer = await ended(await one.ask.send({ conversationId: null, parts: [picture, question] }))
    expect(answer).toMatchObject({ status: 'complete', error: null })
    expect([undefined, 'Interrupted']).toContain(await prepared)
    expect((await engineIs(({ state }) => state === 'ready')).modelId).toBe(tiny)
    expect(engineProcesses()).toHaveLength(1)
  })

  test('another window asks: its answer does not wait for a preparation, and the prepared draft is answered too', async () => {
    const [circle, square] = [await drop('red-circle'), await drop('blue-square')]
    const prepared = prepare(circle)
    const other = await two.ask.send({ conversationId: null, parts: [square, question] })
    expect(textOf(await ended(other, two))).toMatch(/blue square/i)
    await prepared
    expect(textOf(await ended(await one.ask.send({ conversationId: null, parts: [circle, question] })))).toMatch(
      /red circle/i,
    )
  })
})

describe('while tokens are counted', () => {
  test('the model is unloaded: the count ends, and the next question is answered', async () => {
    const picture = await drop('red-circle')
    const counted = outcome(one.ask.count({ conversationId: null, parts: [picture, question] }))
    await loading()
    await two.engine.unload()
    const end = await counted
    if (typeof end === 'string') expect(end).toBe('Interrupted')
    else expect(end.parts[0]).toBe(16)
    expect((await engineIs(({ state }) => state === 'off')).error).toBeNull()
    expect(textOf(await ended(await ask('red-circle')))).toMatch(/red circle/i)
    expect(engineProcesses()).toHaveLength(1)
  })

  test('by two windows during an answer that is stopped: all three end', async () => {
    // its answer is the longest: the others' may be over before Stop arrives
    await chatty('qwen3vl')
    const sent = await one.ask.send({ conversationId: null, parts: [textPart('Hello')] })
    await firstMatching(one.conversations.watch({ id: sent.conversationId }), ({ type }) => type === 'text')
    const counts = [one, two].map(({ ask: { count } }) =>
      outcome(count({ conversationId: sent.conversationId, parts: [textPart('And then?')] })),
    )
    await one.ask.stop({ messageId: sent.answerId })
    expect((await ended(sent)).status).toBe('stopped')
    for (const end of await Promise.all(counts))
      expect(end).toMatchObject({ conversation: expect.any(Number) as number })
    await expect(one.ask.count({ conversationId: 'gone', parts: [] })).rejects.toEqual(code('NotFound'))
  })
})

describe('while an answer is written', () => {
  test('its conversation is removed by the other window: the engine is free at once for the next question', async () => {
    await chatty()
    const sent = await one.ask.send({ conversationId: null, parts: [textPart('Hello')] })
    await firstMatching(two.conversations.watch({ id: sent.conversationId }), ({ type }) => type === 'text')
    await two.conversations.remove({ id: sent.conversationId })
    await one.models.choose({ id: demoModelId })
    expect(textOf(await ended(await ask('red-circle')))).toMatch(/red circle/i)
    expect(engineProcesses()).toHaveLength(1)
  })

  test('the model is unloaded: the answer ends with its text, and then nothing is in memory', async () => {
    await chatty()
    const sent = await one.ask.send({ conversationId: null, parts: [textPart('Hello')] })
    await firstMatching(one.conversations.watch({ id: sent.conversationId }), ({ type }) => type === 'text')
    await two.engine.unload()
    const answer = await ended(sent)
    expect(answer).toMatchObject({ status: expect.stringMatching(/complete|stopped/) as string, error: null })
    expect(textOf(answer)).not.toBe('')
    expect((await engineIs(({ state }) => state === 'off')).error).toBeNull()
  })

  test('the engine is killed: the answer fails with its text, and a question that waits behind it too or is answered', async () => {
    await chatty()
    const sent = await one.ask.send({ conversationId: null, parts: [textPart('Hello')] })
    const waiting = await two.ask.send({ conversationId: null, parts: [textPart('And me?')] })
    await firstMatching(one.conversations.watch({ id: sent.conversationId }), ({ type }) => type === 'text')
    process.kill(engineProcesses().at(-1)!.pid!, 'SIGKILL')
    const answer = await ended(sent)
    expect(answer).toMatchObject({ status: 'failed', error: { code: 'EngineCrashed' } })
    expect(textOf(answer)).not.toBe('')
    expect((await ended(waiting)).status).not.toBe('streaming')
    await one.settings.update({ maxTokens: 8 })
    expect((await ended(await one.ask.send({ conversationId: null, parts: [textPart('Again?')] }))).status).toBe(
      'complete',
    )
    expect(engineProcesses()).toHaveLength(2)
  })
})
