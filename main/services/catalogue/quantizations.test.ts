import type { RemoteFile } from '#contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { projectorsOf, quantizationsOf } from './quantizations.ts'

const PARAMETERS = 1_000_000
const file = (path: string, bytes = 600_000): RemoteFile => ({
  path,
  bytes,
  url: `https://host.test/${path}`,
  sha256: null,
})
const digits = (n: number) => String(n).padStart(5, '0')
const part = (name: string, index: number, count: number) => file(`${name}-${digits(index)}-of-${digits(count)}.gguf`)
const namesOf = (files: RemoteFile[]) => quantizationsOf(files, PARAMETERS, null).map(({ name }) => name)

test('bits are counted from bytes, the projector belongs to the download, the smallest comes first', () => {
  const projector = file('mmproj-f16.gguf', 50_000)
  const [large, small] = [file('m-Q8_0.gguf', 1_062_500), file('m-Q4_K_M.gguf', 610_000)]
  const files = [large, small, projector, file('README.md'), file('imatrix.dat')]
  expect(quantizationsOf(files, PARAMETERS, projector)).toEqual([
    { name: 'Q4_K_M', bits: 4.88, textFiles: [small], projector, downloadBytes: 660_000 },
    { name: 'Q8_0', bits: 8.5, textFiles: [large], projector, downloadBytes: 1_112_500 },
  ])
})

test('parts come in order, however they are listed', () => {
  const parts = [1, 2, 3, 4].map((i) => part('dir/m-Q8_0', i, 4))
  fc.assert(
    fc.property(fc.shuffledSubarray(parts, { minLength: 4 }), (shuffled) => {
      expect(quantizationsOf(shuffled, PARAMETERS, null).map(({ textFiles }) => textFiles)).toEqual([parts])
    }),
  )
})

test('an incomplete set of parts is left out', () => {
  const parts = [1, 2, 3].map((i) => part('m-Q8_0', i, 3))
  for (const missing of parts) expect(namesOf(parts.filter((one) => one !== missing))).toEqual([])
  expect(namesOf([...parts.slice(0, 2), part('m-Q8_0', 4, 3)])).toEqual([])
  expect(namesOf([part('m-Q8_0', 1, 2), part('m-Q8_0', 2, 3)])).toEqual([])
  expect(namesOf([part('m-Q8_0', 0, 1)])).toEqual([])
})

test('of two files of one name the single one is taken, then the shorter path, whatever comes first', () => {
  const single = file('deep/folder/m-Q4_K_M.gguf')
  const short = file('m-Q4_K_M.gguf')
  const parts = [part('m-Q4_K_M', 1, 2), part('m-Q4_K_M', 2, 2)]
  const taken = (files: RemoteFile[]) => quantizationsOf(files, PARAMETERS, null).map(({ textFiles }) => textFiles)
  for (const files of [
    [single, ...parts],
    [...parts, single],
  ])
    expect(taken(files)).toEqual([[single]])
  for (const files of [
    [single, short],
    [short, single],
  ])
    expect(taken(files)).toEqual([[short]])
})

test('files that cannot be the model by their size, or tell no quantization, are left out', () => {
  const odd = [file('vocab-F16.gguf', 90_000), file('other-Q8_0.gguf', 9_000_000), file('m.gguf')]
  expect(namesOf([...odd, file('m-Q4_0.gguf')])).toEqual(['Q4_0'])
})

test('the projector is in half precision before others, F32 last, and only whole', () => {
  const names = ['mmproj-F16', 'mmproj-BF16', 'x.mmproj-Q8_0', 'm-vision-encoder', 'm-mmproj-q5_1', 'mmproj-m-f32']
  const best = names.map((name) => file(`${name}.gguf`))
  fc.assert(
    fc.property(fc.shuffledSubarray(best, { minLength: 1 }), (some) => {
      expect(projectorsOf([file('m-F16.gguf'), ...some])).toEqual(best.filter((one) => some.includes(one)))
    }),
  )
  expect(projectorsOf([file('m-F16.gguf'), part('mmproj-F16', 1, 2)])).toEqual([])
})
