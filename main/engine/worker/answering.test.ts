import { expect, test } from 'vitest'
import { demoModel, requestOf, user } from '../../testing/engineRequests.ts'
import { createRuntime } from './native/runtime.ts'
import type { Runtime } from './native/runtime.ts'
import { Planner } from './planner.ts'
import { Session } from './session.ts'

const TOKENS = 4
const never = new AbortController().signal

test('a token is told while the next one is computed', async () => {
  const native = createRuntime()
  const events: string[] = []
  const decode: Runtime['llama']['decode'] = async (context, batch) => {
    events.push('computing')
    const status = await native.llama.decode(context, batch)
    events.push('computed')
    return status
  }
  const runtime = Object.create(native, { llama: { value: { ...native.llama, decode } } }) as Runtime
  const planner = await Planner.create(runtime, demoModel, { contextTokens: 4096 })
  await using session = await Session.load(runtime, planner, null, () => {}, never)
  const request = requestOf([user('a circle')], { maxTokens: TOKENS, ignoreEos: true })
  const listener = {
    seen: () => {},
    progress: () => {},
    reasoning: () => {},
    reasoned: () => {},
    text: () => events.push('text'),
  }
  await session.answer({ request, conversation: null }, listener, never, 0)
  const step = ['computing', 'text', 'computed']
  expect(events).toEqual([
    'computing',
    'computed',
    ...Array(TOKENS - 1)
      .fill(step)
      .flat(),
    'text',
  ])
})
