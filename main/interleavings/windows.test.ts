import { beforeEach, describe, expect, test } from 'vitest'
import type { PlacementCost } from '../engine/index.ts'
import { ScriptedEngine } from '../testing/scriptedEngine.ts'
import { firstMatching } from '../testing/until.ts'
import { code, ended, inFolder, one, open, outcome, textOf, textPart, titles, two } from './testing/testApp.ts'

/** What the second model takes of memory, all of which is free. */
const part = { device: 'CPU', weights: 1, projector: 0, kv: 0, picture: 0, overhead: 0, total: 1, free: 10 }
const plan: PlacementCost['plan'] = {
  gpuLayers: 0,
  layers: 1,
  visionDevice: null,
  contextTokens: 4096,
  picturePixels: 784,
  parts: [part],
  total: 1,
}
const fit: PlacementCost['fit'] = {
  level: 'cpu',
  contextTokens: 4096,
  gpuLayers: 0,
  layers: 1,
  neededBytes: 1,
  freeBytes: 10,
  tokensPerSecond: null,
  pictureSeconds: null,
  speed: null,
  sentence: '',
}

/** The engines are scripted here: each step of an answer has to come exactly where the test wants it. */
let engine: ScriptedEngine
let second: ScriptedEngine
beforeEach(() => {
  engine = new ScriptedEngine()
  second = new ScriptedEngine()
  second.cost = async () => ({ plan, fit })
  open({ engine, second })
})
const hello = { parts: [textPart('Hello')] }

describe('two windows on one conversation', () => {
  test('see the same answer grow, and only one of them may ask at a time', async () => {
    const sent = await one.ask.send({ conversationId: null, ...hello })
    const answer = await engine.nextAnswer()
    const both = Promise.all([ended(sent, one), ended(sent, two)])
    answer.text('Good ')
    await expect(two.ask.send({ conversationId: sent.conversationId, ...hello })).rejects.toEqual(code('Busy'))
    await expect(two.ask.retry({ messageId: sent.answerId })).rejects.toEqual(code('Busy'))
    answer.text('day.')
    answer.finish()
    expect((await both).map(textOf)).toEqual(['Good day.', 'Good day.'])
    const next = await two.ask.send({ conversationId: sent.conversationId, ...hello })
    ;(await engine.nextAnswer()).finish()
    expect((await ended(next)).status).toBe('complete')
  })

  test('asking at the same moment: one question is taken, the other is refused and not stored', async () => {
    const first = await one.ask.send({ conversationId: null, ...hello })
    ;(await engine.nextAnswer()).finish()
    await ended(first)
    const { conversationId } = first
    const asked = await Promise.all([
      outcome(one.ask.send({ conversationId, parts: [textPart('From one')] })),
      outcome(two.ask.send({ conversationId, parts: [textPart('From two')] })),
    ])
    expect(asked.filter((each) => each === 'Busy')).toHaveLength(1)
    const taken = asked.find((each) => typeof each !== 'string')!
    ;(await engine.nextAnswer()).finish()
    expect((await ended(taken)).status).toBe('complete')
    const snapshot = await firstMatching(
      two.conversations.watch({ id: conversationId }),
      ({ type }) => type === 'snapshot',
    )
    expect(snapshot).toMatchObject({ messages: { length: 4 } })
  })

  test('one renames and stops while the other watches', async () => {
    const sent = await one.ask.send({ conversationId: null, ...hello })
    const answer = await engine.nextAnswer()
    answer.text('Half')
    await Promise.all([
      two.conversations.rename({ id: sent.conversationId, title: 'Renamed' }),
      two.ask.stop({ messageId: sent.answerId }),
    ])
    expect(await ended(sent)).toMatchObject({ status: 'stopped', parts: [{ text: 'Half' }] })
    expect(await titles()).toEqual(['Renamed'])
  })
})

describe('a conversation that is removed while it answers', () => {
  test('takes no further question of another window, and nothing of it is left', async () => {
    const sent = await one.ask.send({ conversationId: null, ...hello })
    const answer = await engine.nextAnswer()
    // the engine takes its time to stop
    engine.stopsOnAbort = false
    answer.text('Good ')
    const gone = firstMatching(two.conversations.watch({ id: sent.conversationId }), ({ type }) => type === 'removed')
    const removing = one.conversations.remove({ id: sent.conversationId })
    await answer.aborted
    const refused = await outcome(two.ask.send({ conversationId: sent.conversationId, ...hello }))
    expect(refused).toMatch(/^(Busy|NotFound)$/)
    answer.text('day.')
    answer.finish()
    await removing
    await gone
    expect(await titles()).toEqual([])
    await expect(two.ask.send({ conversationId: sent.conversationId, ...hello })).rejects.toEqual(code('NotFound'))
    const next = await two.ask.send({ conversationId: null, ...hello })
    ;(await engine.nextAnswer()).finish()
    expect((await ended(next)).status).toBe('complete')
  })

  test('by both windows at once is gone once', async () => {
    const sent = await one.ask.send({ conversationId: null, ...hello })
    const answer = await engine.nextAnswer()
    answer.text('Good ')
    const removed = await Promise.all(
      [one, two].map(({ conversations }) => outcome(conversations.remove({ id: sent.conversationId }))),
    )
    for (const each of removed) expect([undefined, null, 'NotFound']).toContain(each)
    expect(await titles()).toEqual([])
  })

  test('while two models are compared in it: both stop, and both answer the next question', async () => {
    const compareWith = 'demo'
    await one.models.add({ textPath: inFolder('one.gguf'), projectorPath: null })
    const sent = await one.ask.send({ conversationId: null, ...hello, compareWith })
    const first = await engine.nextAnswer()
    first.text('One')
    const other = await second.nextAnswer()
    other.text('Two')
    await two.conversations.remove({ id: sent.conversationId })
    await Promise.all([first.aborted, other.aborted])
    expect(await titles()).toEqual([])
    const next = await two.ask.send({ conversationId: null, ...hello, compareWith })
    const answers = [await engine.nextAnswer()]
    answers[0]!.text('Again')
    answers.push(await second.nextAnswer())
    for (const answer of answers) answer.finish()
    expect((await ended(next)).status).toBe('complete')
    expect((await ended({ ...next, answerId: next.besideId! })).status).toBe('complete')
  })
})
