import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { visionOf } from '../../../lib/families/families.ts'
import { tokenPixels } from '../../../lib/families/family.ts'
import { golden, goldenFloats, goldenJson } from '../../../testing/engineGoldens.ts'
import { normaliseTable, patchPositions, patchValues, patchify, plainOrder, windowOrder } from './patches.ts'

interface Preprocess {
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly images: readonly {
    readonly image: string
    readonly resized_height_width: readonly [number, number]
    readonly resized_rgb: { readonly file: string }
    readonly pixel_values: { readonly file: string; readonly shape: readonly [number, number] }
  }[]
}

const preprocess = goldenJson<Preprocess>('common', 'preprocess.json')
const { patchPixels } = visionOf('qwen2vl')
const TOKEN = tokenPixels(visionOf('qwen2vl'))
const PATCH_VALUES = patchValues(patchPixels)
const CHANNEL = PATCH_VALUES / 3

describe('pixel values are bit for bit those of the reference', () => {
  test.each(preprocess.images)('$image', ({ resized_height_width: [height, width], resized_rgb, pixel_values }) => {
    const frame = { data: readFileSync(golden('common', resized_rgb.file)), width, height }
    const patches = patchify(
      frame,
      plainOrder(height / TOKEN, width / TOKEN).tokens,
      normaliseTable(preprocess.mean, preprocess.std),
      patchPixels,
    )
    // the reference repeats a still picture in both temporal slots: channel, slot, row, column
    const [count, values] = pixel_values.shape
    const both = new Float32Array(count * values)
    for (let patch = 0; patch < count; patch++)
      for (let slot = 0; slot < 6; slot++) {
        const from = patch * PATCH_VALUES + (slot >> 1) * CHANNEL
        both.set(patches.subarray(from, from + CHANNEL), patch * values + slot * CHANNEL)
      }
    const expected = goldenFloats('common', pixel_values.file)
    expect(Buffer.compare(Buffer.from(both.buffer), Buffer.from(expected.buffer))).toBe(0)
  })
})

describe('window order', () => {
  const side = fc.integer({ min: 1, max: 19 })
  const WINDOW = 4

  test('every token once; the windows are the 4 x 4 squares of the grid, those of one size together', () => {
    fc.assert(
      fc.property(side, side, (rows, columns) => {
        const { tokens, groups } = windowOrder(rows, columns, WINDOW)
        expect([...tokens].sort((a, b) => a - b)).toEqual(Array.from({ length: rows * columns }, (_, i) => i))
        const squares = new Map<string, number[]>()
        for (let token = 0; token < rows * columns; token++) {
          const square = `${Math.floor(token / columns / WINDOW)},${Math.floor((token % columns) / WINDOW)}`
          squares.set(square, [...(squares.get(square) ?? []), token])
        }
        const windows: number[][] = []
        let at = 0
        for (const { patches, count } of groups)
          for (let i = 0; i < count; i++, at += patches / 4) windows.push([...tokens.subarray(at, at + patches / 4)])
        expect(at).toBe(tokens.length)
        const byFirst = (a: number[], b: number[]) => a[0]! - b[0]!
        expect(windows.sort(byFirst)).toEqual([...squares.values()].sort(byFirst))
        expect(new Set(groups.map((group) => group.patches)).size).toBe(groups.length)
      }),
    )
  })

  test('the windows of the reference, in its own order where all sizes differ or stand together', () => {
    const { trace } = goldenJson<{ trace: { window_index: number[]; cu_window_seqlens: number[] } }>(
      'qwen25vl',
      'vision.json',
    )
    const { tokens, groups } = windowOrder(5, 8, WINDOW)
    expect([...tokens]).toEqual(trace.window_index)
    expect(groups).toEqual([
      { patches: 64, count: 2 },
      { patches: 16, count: 2 },
    ])
    expect(trace.cu_window_seqlens).toEqual([0, 64, 128, 144, 160])
  })

  test('patches keep their rows and columns in every order', () => {
    fc.assert(
      fc.property(side, side, (rows, columns) => {
        const order = windowOrder(rows, columns, WINDOW)
        const positions = patchPositions(rows, columns, order)
        const n = rows * columns * 4
        expect(
          Buffer.compare(Buffer.from(positions.slice(0, 2 * n).buffer), Buffer.from(positions.slice(2 * n).buffer)),
        ).toBe(0)
        const places = new Set(Array.from({ length: n }, (_, i) => positions[i]! * 2 * columns + positions[n + i]!))
        expect(places.size).toBe(n)
        order.tokens.forEach((token, i) => {
          for (let quarter = 0; quarter < 4; quarter++) {
            expect(
              Math.floor(positions[i * 4 + quarter]! / 2) * columns + Math.floor(positions[n + i * 4 + quarter]! / 2),
            ).toBe(token)
          }
        })
      }),
      { numRuns: 30 },
    )
  })
})
