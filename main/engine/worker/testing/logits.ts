import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import koffi from 'koffi'
import { bind } from '../native/ffi.ts'
import type { Pointer } from '../native/ffi.ts'
import { requiredFolder } from '../native/variants.ts'

/**
 * Returns a function that copies the logits of a context at `index` of its last call (-1: the last ones), `vocabulary`
 * numbers. To be called after `createRuntime`, which loads the library; only tests look at logits.
 */
export function logitsReader(vocabulary: number): (context: Pointer, index: number) => Float32Array {
  const folder = requiredFolder()
  const file = readdirSync(folder).find((name) => /^(lib)?llama(\.v[\d.]+)?\.(so|dylib|dll)$/.test(name))!
  const at = bind<[Pointer, number], Pointer>(koffi.load(join(folder, file)), 'llama_get_logits_ith', 'void*', [
    'void*',
    'int',
  ])
  return (context, index) =>
    Float32Array.from(koffi.decode(at(context, index), koffi.array('float', vocabulary)) as number[])
}

/** The largest difference between numbers at the same place. */
export const maxError = (found: Iterable<number>, expected: ArrayLike<number>): number =>
  Math.max(...Array.from(found, (value, i) => Math.abs(value - expected[i]!)))
