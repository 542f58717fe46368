import { expect, test } from 'vitest'
import { visionOf } from '../../../lib/families/families.ts'
import { tokenPixels } from '../../../lib/families/family.ts'
import { families, goldenModel } from '../../../testing/engineGoldens.ts'
import type { Family } from '../../../testing/engineGoldens.ts'
import type { ProjectorFacts } from '../../gguf/checkProjector.ts'
import { inspectModel } from '../../gguf/inspectModel.ts'
import { createRuntime } from '../native/runtime.ts'
import { OnnxType } from '../onnx/model.ts'
import { onnxRuntime } from '../onnx/runtime.ts'
import { OnnxTower } from './onnxTower.ts'
import { allIn, keyLayout } from './onnxTowerModels.ts'
import type { BlockForms } from './onnxTowerModels.ts'
import type { Frame } from './patches.ts'

const runtime = createRuntime()
const onnx = onnxRuntime()!
const never = new AbortController().signal

async function factsOf(family: Family): Promise<{ path: string; facts: ProjectorFacts }> {
  const files = goldenModel(family)
  const { projector } = await inspectModel(files)
  return { path: files.projectorPath!, facts: projector! }
}

async function load(family: Family, forms: readonly BlockForms[] | 'measured' | 'exact', signal = never) {
  const { path, facts } = await factsOf(family)
  const own = forms === 'exact' ? Array.from({ length: facts.blocks }, () => allIn('f32')) : forms
  return OnnxTower.load(runtime, onnx, path, facts, own, () => {}, signal)
}

function noise(family: Family, columns: number, rows: number): Frame {
  const side = tokenPixels(visionOf(family))
  const [width, height] = [columns * side, rows * side]
  return { data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 251), width, height }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, left, right] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!
    left += a[i]! ** 2
    right += b[i]! ** 2
  }
  return product / Math.sqrt(left * right)
}

test.each(families)('%s: the same picture gives the same bits every time, also in another load', async (family) => {
  using tower = await load(family, 'exact')
  const frame = noise(family, 30, 23)
  const first = await tower.encode([frame], never)
  expect(await tower.encode([frame], never)).toEqual(first)
  using another = await load(family, 'exact')
  expect(await another.encode([frame], never)).toEqual(first)
})

test.each(families)('%s: in 8 bits it is near what it is exactly', async (family) => {
  using exact = await load(family, 'exact')
  using rounded = await load(family, 'measured')
  expect(exact.how).toContain('single precision')
  expect(rounded.how).toContain('8 bits')
  const frame = noise(family, 40, 33)
  // models so narrow round worse than those that there are: 0.9965 was seen
  expect(cosine(await rounded.encode([frame], never), await exact.encode([frame], never))).toBeGreaterThan(0.995)
})

test('as many heads at once as keep all threads busy, in groups of one size', () => {
  const groups = (heads: number, threads: number) => keyLayout(heads, threads, false).groups
  expect([1, 2, 8].map((threads) => groups(16, threads))).toEqual([8, 8, 8])
  expect([9, 16, 17, 32, 64, 256].map((threads) => groups(16, threads))).toEqual([4, 4, 2, 2, 1, 1])
  // 3 does not divide 16, 4 does not divide 6
  expect([groups(6, 9), groups(6, 13), groups(1, 2), groups(2, 2), groups(5, 2)]).toEqual([2, 1, 1, 1, 1])
  expect(keyLayout(16, 2, true).type).toBe(OnnxType.F32)
  expect(keyLayout(16, 2, false).type).toBe(OnnxType.F16)
})

test('progress is told for every block, and a stop is heard between two runs', async () => {
  using tower = await load('qwen2vl', 'exact')
  const shares: number[] = []
  await tower.encode([noise('qwen2vl', 8, 8)], never, (share) => shares.push(share))
  expect(shares).toEqual(tower.forms.map((_, i) => (i + 1) / tower.forms.length))

  const stop = new AbortController()
  const before: number[] = []
  const encoding = tower.encode([noise('qwen2vl', 50, 50)], stop.signal, (share) => {
    before.push(share)
    stop.abort(new Error('enough'))
  })
  await expect(encoding).rejects.toThrow('enough')
  expect(before).toHaveLength(1)
  expect((await tower.encode([noise('qwen2vl', 2, 2)], never)).length).toBeGreaterThan(0)
})

test('a load that is stopped gives its reason', async () => {
  await expect(load('qwen2vl', 'measured', AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})

test('a load that is stopped between two blocks gives its reason', async () => {
  const { path, facts } = await factsOf('qwen2vl')
  const stop = new AbortController()
  const forms = Array.from({ length: facts.blocks }, () => allIn('f32'))
  const enough = () => stop.abort(new Error('enough'))
  await expect(OnnxTower.load(runtime, onnx, path, facts, forms, enough, stop.signal)).rejects.toThrow('enough')
})

test('a file that ended early is told as damaged', async () => {
  const { path, facts } = await factsOf('qwen2vl')
  const cut = { ...facts, dataOffset: facts.dataOffset + facts.bytes }
  const forms = Array.from({ length: facts.blocks }, () => allIn('f32'))
  await expect(OnnxTower.load(runtime, onnx, path, cut, forms, () => {}, never)).rejects.toMatchObject({
    code: 'ModelDamaged',
  })
})
