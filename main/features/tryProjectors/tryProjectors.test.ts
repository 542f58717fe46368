import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ProjectorTrial } from '#contract'
import sharp from 'sharp'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createEngine } from '../../engine/index.ts'
import { forkWorker } from '../../nodePorts.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { demoModel, samplePath } from '../../testing/engineRequests.ts'
import { readGguf, string, u32, withEntries, writeGguf } from '../../testing/ggufEdit.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { tryProjectors } from './index.ts'

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: folder.path })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

/** A language model whose header tells nothing of its family. */
const textPath = join(folder.path, 'something.gguf')
const golden = readGguf(readFileSync(goldenModel('qwen2vl').textPath))
writeFileSync(
  textPath,
  writeGguf(withEntries(golden, { 'general.name': string('Nothing'), 'qwen2vl.context_length': u32(8192) })),
)
const [own, other] = (['qwen2vl', 'qwen25vl'] as const).map((family) => goldenModel(family).projectorPath!)
// as small as those that the demo model was taught on
const picturePath = join(folder.path, 'red-circle.png')
await sharp(samplePath('red-circle')).resize(112).toFile(picturePath)
let abort: AbortController
beforeEach(() => {
  abort = new AbortController()
})
const trial = (projectorPaths: readonly string[], text = textPath) =>
  tryProjectors(
    { textPath: text, projectorPaths, picturePath, question: 'What is in the picture?' },
    engine,
    abort.signal,
  )

async function collected(steps: AsyncIterable<ProjectorTrial>, onStep: (step: ProjectorTrial) => void = () => {}) {
  const seen: ProjectorTrial[] = []
  for await (const step of steps) {
    seen.push(ProjectorTrial.parse(step))
    onStep(step)
  }
  return seen
}
const answerWith = (steps: readonly ProjectorTrial[], path: string) =>
  steps.flatMap((step) => (step.type === 'text' && step.projectorPath === path ? [step.text] : [])).join('')

test('a model that sees with its projector says so, one projector is in memory at a time, and none when it is over', async () => {
  const held = new Set<string>()
  const off = engine.onState(({ model }) => model?.projectorPath && held.add(model.projectorPath))
  const steps = await collected(trial([demoModel.projectorPath!], demoModel.textPath))
  off()
  expect(answerWith(steps, demoModel.projectorPath!)).toMatch(/red circle/i)
  expect([...held]).toEqual([demoModel.projectorPath])
  expect(engine.state).toMatchObject({ state: 'off', model: null })
})

test('a projector is tried as pictures are looked at in Settings', async () => {
  const settings = new Set<string | null | undefined>()
  const off = engine.onState(({ vision }) => settings.add(vision?.setting))
  const question = 'What is in the picture?'
  const [textPath, projectorPath] = [demoModel.textPath, demoModel.projectorPath!]
  await collected(
    tryProjectors(
      { textPath, projectorPaths: [projectorPath], picturePath, question, vision: 'exact' },
      engine,
      abort.signal,
    ),
  )
  off()
  expect([...settings]).toEqual([undefined, 'exact'])
})

test('two projectors answer the same question one after the other, and differently', async () => {
  const steps = await collected(trial([own!, other!]))
  const order = steps.filter(({ type }) => type !== 'text').map(({ type, projectorPath }) => [type, projectorPath])
  expect(order).toEqual([
    ['loading', own],
    ['done', own],
    ['loading', other],
    ['done', other],
  ])
  expect(answerWith(steps, own!)).not.toBe(answerWith(steps, other!))
  expect(answerWith(steps, other!)).not.toBe('')
})

test('a projector that cannot be used fails by itself, and the next is tried', async () => {
  const broken = join(folder.path, 'mmproj-broken.gguf')
  writeFileSync(broken, 'bread')
  const steps = await collected(trial([broken, own!]))
  expect(steps.filter(({ type }) => type !== 'text')).toMatchObject([
    { type: 'loading', projectorPath: broken },
    { type: 'failed', projectorPath: broken, error: { code: 'UnsupportedModel' } },
    { type: 'loading', projectorPath: own },
    { type: 'done', projectorPath: own },
  ])
})

test('it is stopped in the middle of an answer, and the model leaves memory', async () => {
  const steps = await collected(trial([own!, other!]), ({ type }) => type === 'text' && abort.abort())
  expect(steps.map(({ type }) => type)).not.toContain('done')
  expect(steps.at(-1)).toMatchObject({ projectorPath: own })
  expect(engine.state.model).toBeNull()
})
