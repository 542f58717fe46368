import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { limitMemory } from './wasmMemory.ts'

describe('memory of WebAssembly', () => {
  const decoder = readFileSync(
    createRequire(import.meta.url)
      .resolve('jxl-oxide-wasm/package.json')
      .replace('package.json', 'jxl_oxide_wasm_bg.wasm'),
  )

  test('grows to its limit and no further', async () => {
    // (module (memory (export "m") 1))
    const module = Buffer.from('0061736d010000000503010001070501016d0200', 'hex')
    const { instance } = await WebAssembly.instantiate(limitMemory(module, 3 * 65_536), {})
    const memory = instance.exports['m'] as unknown as { grow(pages: number): number; buffer: ArrayBuffer }
    expect(memory.grow(2)).toBe(1)
    expect(memory.buffer.byteLength).toBe(3 * 65_536)
    expect(() => memory.grow(1)).toThrow(RangeError)
  })

  test('of the decoder of JPEG XL can be limited', () => {
    expect(limitMemory(decoder, 2 ** 30).length).toBeGreaterThan(decoder.length)
  })

  test('a module without memory of its own is refused', () => {
    expect(() => limitMemory(Buffer.from('0061736d01000000', 'hex'), 2 ** 30)).toThrow('cannot be limited')
  })
})
