import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { createRuntime } from '../native/runtime.ts'
import { onnxRuntime } from '../onnx/runtime.ts'
import { allIn } from './onnxTowerModels.ts'
import { chosenForms, towerSpeeds } from './openTower.ts'
import { Findings } from './trial.ts'

const runtime = createRuntime()
const onnx = onnxRuntime()!
const folder = tempFolder()
afterAll(() => folder.remove())

test('products are tried once, and what was found is there for the next process', async () => {
  const first = await Findings.open(folder.path, runtime, onnx)
  const trial = await first.trial(runtime, onnx)
  expect(trial.ggml.rounded).toBeGreaterThan(0)
  expect(trial.onnx.f32).toBeGreaterThan(0)
  for (const { attention } of [trial.ggml, trial.onnx]) {
    expect(attention).toBeGreaterThan(0)
    expect(attention).toBeLessThan(10_000)
  }
  await first.keepForms('abc', [allIn('blocks')])
  const second = await Findings.open(folder.path, runtime, onnx)
  expect(await second.trial(runtime, onnx)).toEqual(trial)
  expect(second.forms('abc')).toEqual([allIn('blocks')])
  expect(second.forms('other')).toBeNull()
})

test('what was found with another library, or is damaged, is not taken', async () => {
  const file = join(folder.path, 'vision.json')
  const found = JSON.parse(readFileSync(file, 'utf8')) as { name: string }
  writeFileSync(file, JSON.stringify({ ...found, name: 'another computer' }))
  expect((await Findings.open(folder.path, runtime, onnx)).forms('abc')).toBeNull()
  writeFileSync(file, '{"name')
  expect((await Findings.open(folder.path, runtime, onnx)).forms('abc')).toBeNull()
})

test('the speeds of a tower follow the choice, and are kept with what was found', async () => {
  const speeds = (await towerSpeeds(runtime, folder.path))!
  const { onnx: times, ggml } = await (await Findings.open(folder.path, runtime, onnx)).trial(runtime, onnx)
  const flop = 2 * 1280 * 1280 * 192
  const form = chosenForms({ onnx: times, ggml }, 'exact')
  expect(speeds.exact.products).toBeCloseTo((flop * 1000) / (form === 'f32' ? times.f32! : ggml.exact), -3)
  expect(speeds.balanced.products).toBeGreaterThan(speeds.exact.products)
})

const ggml = { exact: 10, rounded: 5, attention: 1 }
test.each([
  ['exact', { f32: 6, blocks: 3, rows: 2 }, 'f32'],
  ['exact', { f32: 12, blocks: 3, rows: 2 }, null],
  ['balanced', { f32: 6, blocks: 3, rows: 2 }, 'measured'],
  ['fastest', { f32: 6, blocks: 3, rows: 2 }, 'rows'],
  // without instructions for 8 bits one scale for all does not come out right
  ['balanced', { f32: 6, blocks: 3, rows: null }, 'blocks'],
  ['fastest', { f32: 6, blocks: 3, rows: null }, 'blocks'],
  ['balanced', { f32: 6, blocks: 2, rows: 2.5 }, 'blocks'],
  ['balanced', { f32: 6, blocks: 4.9, rows: 4.5 }, null],
  ['exact', { f32: null, blocks: null, rows: null }, null],
  ['fastest', { f32: null, blocks: null, rows: null }, null],
] as const)('%s with %o: %s', (setting, onnx, forms) => {
  expect(chosenForms({ ggml, onnx: { ...onnx, attention: 1 } }, setting)).toBe(forms)
})
