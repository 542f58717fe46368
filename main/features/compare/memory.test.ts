import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEngine } from '../../engine/index.ts'
import type { AnswerEvent, Engine, MemoryPlan } from '../../engine/index.ts'
import { forkWorker } from '../../nodePorts.ts'
import { requestOf, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createCompare } from './index.ts'
import type { Compare } from './index.ts'

let folder: ReturnType<typeof tempFolder>
let first: Engine
let second: Engine
let compare: Compare

beforeAll(() => {
  folder = tempFolder()
  first = createEngine({ spawn: forkWorker, cachePath: join(folder.path, 'first'), backend: 'cpu' })
  second = createEngine({ spawn: forkWorker, cachePath: join(folder.path, 'second'), backend: 'cpu' })
  compare = createCompare({ first, second })
})
afterAll(async () => {
  await Promise.all([first.close(), compare.close()])
  folder.remove()
})

async function textOf(events: AsyncIterable<AnswerEvent>): Promise<string> {
  let text = ''
  for await (const event of events) if (event.type === 'text') text += event.text
  return text
}

test('two models are in memory at once and answer; one that the first leaves no room is refused with figures, and the first stays', async () => {
  const request = requestOf([user('Hello')])
  const answered = textOf(first.answer(request))
  expect(await textOf(compare.answer(request, { first: answered.then(() => {}) }))).toBe(await answered)
  expect([first.state.state, second.state.state]).toEqual(['ready', 'ready'])

  await compare.end()
  expect(second.state.model).toBeNull()
  const plan = first.state.plan!
  const [part, ...others] = plan.parts as [MemoryPlan['parts'][number]]
  const greedy = { state: { ...first.state, plan: { ...plan, parts: [{ ...part, picture: 2 ** 60 }, ...others] } } }
  const refused = textOf(createCompare({ first: greedy, second }).answer(request, { first: Promise.resolve() }))
  await expect(refused).rejects.toMatchObject({
    code: 'OutOfMemory',
    detail: { free: 0, context: 4096, needed: expect.any(Number) as number },
  })
  expect(second.state.model).toBeNull()
  expect(await textOf(first.answer(request))).toBe(await answered)
})
