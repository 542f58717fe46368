import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEngine } from '../../../engine/index.ts'
import { forkWorker } from '../../../nodePorts.ts'
import { goldenModel } from '../../../testing/engineGoldens.ts'
import { string, u32, withEntries, writeGguf } from '../../../testing/ggufEdit.ts'
import type { EditedFile } from '../../../testing/ggufEdit.ts'
import { exchanged, fineTune, fork, goldenFile, omni, surgery } from '../../../testing/publishedModels.ts'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { placesAt } from './places.ts'
import { scanPlaces } from './scan.ts'

const engine = createEngine({ spawn: forkWorker, cachePath: '/nowhere' })
const text = goldenFile('qwen2vl', 'text')
const base = { qwen2vl: goldenFile('qwen2vl', 'projector'), qwen25vl: goldenFile('qwen25vl', 'projector') }
let folder: ReturnType<typeof tempFolder>
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

function put(name: string, file: EditedFile): string {
  const path = join(folder.path, name)
  writeFileSync(path, writeGguf(file))
  return path
}

/** The one model that was found. */
async function found() {
  const options = {
    entries: [],
    inspectFile: (path: string, signal?: AbortSignal) => engine.inspectFile(path, signal),
    chosenFamily: () => null,
  }
  const all = await scanPlaces(await placesAt(folder.path, process.platform), options)
  expect(all).toHaveLength(1)
  return all[0]!
}
const tuned = (context: number) =>
  put('tuned.gguf', fineTune(text, 'UI TARS 7B', { 'qwen2vl.context_length': u32(context) }))

describe('a fine-tune that does not name its family', () => {
  test.each([
    [32_768, 'mmproj-old.gguf'],
    [128_000, 'mmproj-new.gguf'],
  ])('trained for %i tokens gets the projector of its family alone', async (context, name) => {
    tuned(context)
    put('mmproj-old.gguf', exchanged(surgery(base.qwen2vl, 0)))
    put('mmproj-new.gguf', fork(base.qwen25vl, [1, 3]))
    expect(await found()).toMatchObject({ projectorPaths: [join(folder.path, name)], choices: [], note: null })
  })

  test('of which nothing tells it gets none by itself: the best of each family is to be asked', async () => {
    tuned(65_536)
    const old = put('mmproj-old.gguf', exchanged(surgery(base.qwen2vl, 0)))
    const near = put('mmproj-UI-TARS-7B.gguf', base.qwen25vl)
    put('mmproj-z.gguf', base.qwen25vl)
    const model = await found()
    expect(model.projectorPaths).toEqual([])
    expect(model.choices).toEqual([
      { projectorPath: near, family: 'qwen25vl', label: 'Qwen2.5-VL' },
      { projectorPath: old, family: 'qwen2vl', label: 'Qwen2-VL' },
    ])
    expect(model.note).toMatch(/does not tell which projector is its own/)
  })

  test('is asked for also where there is one projector only', async () => {
    tuned(65_536)
    const only = put('mmproj.gguf', base.qwen2vl)
    expect(await found()).toMatchObject({ projectorPaths: [], choices: [{ projectorPath: only, family: 'qwen2vl' }] })
  })
})

describe('a projector of another kind beside a model is named for what it is', () => {
  test.each([
    ['mlp', 'LLaVA'],
    ['gemma3', 'Gemma 3'],
    ['ultravox', 'Ultravox (sound)'],
    ['never heard', 'never heard'],
  ])('%s', async (type, label) => {
    copyFileSync(goldenModel('qwen2vl').textPath, join(folder.path, 'model.gguf'))
    put('mmproj.gguf', withEntries(base.qwen2vl, { 'clip.projector_type': string(type) }))
    const { projectorPaths, choices, note } = await found()
    expect([projectorPaths, choices]).toEqual([[], []])
    expect(note).toContain(`mmproj.gguf is the projector of ${label}`)
  })

  test.each([
    ['qwen3vl', 'Qwen3-VL', 'qwen35'],
    // without outputs within the tower it is that of the next family
    ['qwen35', 'Qwen3.5', 'qwen3vl'],
  ] as const)('%s, whose type both of them have', async (family, label, other) => {
    copyFileSync(goldenModel(other).textPath, join(folder.path, 'model.gguf'))
    copyFileSync(goldenModel(family).projectorPath!, join(folder.path, 'mmproj.gguf'))
    expect((await found()).note).toContain(`mmproj.gguf beside it is for ${label}`)
  })

  test("Qwen2.5-Omni's is not taken for a Qwen2.5-VL model by itself", async () => {
    copyFileSync(goldenModel('qwen25vl').textPath, join(folder.path, 'model.gguf'))
    put('mmproj-omni.gguf', omni(base.qwen25vl))
    expect(await found()).toMatchObject({
      projectorPaths: [],
      choices: [{ family: 'qwen25vl', label: 'Qwen2.5-Omni' }],
    })
  })
})

test('a file is a projector by its header, whatever it is called', async () => {
  copyFileSync(goldenModel('qwen2vl').textPath, join(folder.path, 'Qwen2-VL-2B-mmproj.gguf'))
  const vision = put('qwen2-vl-7b-instruct-vision.gguf', base.qwen2vl)
  expect(await found()).toMatchObject({
    textPath: join(folder.path, 'Qwen2-VL-2B-mmproj.gguf'),
    projectorPaths: [vision],
  })
})
