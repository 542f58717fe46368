import { afterAll, expect, test } from 'vitest'
import { createHeadless } from '../../../../main/headless.ts'
import { forkWorker, resourcesPath } from '../../../../main/nodePorts.ts'
import { tempFolder } from '../../../../main/testing/tempFolder.ts'
import type { Ability } from '../generator/conversation.ts'
import { bars, evaluate } from './evaluate.ts'

/** A small sample of the evaluation: what the committed model must still reach, a little under what it reached. */
const least: Readonly<Partial<Record<Ability, number>>> = {
  object: 0.93,
  pictures: 0.93,
  differs: 0.93,
  followUp: 0.93,
  count: 0.88,
  relation: 0.93,
  box: 0.75,
  text: 0.7,
  motion: 0.93,
  change: 0.8,
  when: 0.85,
  unknown: 0.93,
  json: 0.93,
}

const folder = tempFolder()
const headless = createHeadless({ spawnWorker: forkWorker, paths: { resources: resourcesPath, cache: folder.path } })
afterAll(async () => {
  await headless.close()
  folder.remove()
})

test('the demo model still knows what it was taught', async () => {
  const { textPath, projectorPath, defaults } = headless.demoModel
  const only = Object.keys(least) as Ability[]
  const { rows } = await evaluate({
    engine: headless.engine,
    model: { textPath, projectorPath },
    defaults,
    count: 30,
    seed: 'test',
    only,
  })
  const values = Object.fromEntries(
    rows.map(({ ability, value }) => [bars.find((bar) => bar.ability === ability)!.key, value]),
  ) as Record<Ability, number>
  expect(Object.keys(values).sort()).toEqual([...only].sort())
  for (const ability of only) expect(values[ability], ability).toBeGreaterThanOrEqual(least[ability]!)
})
