import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { init } from '@embedpdf/pdfium'
import type { Methods } from '@embedpdf/pdfium'

/** The most memory that pdfium gets, in bytes: several times what large PDFs take. */
export const MAX_MEMORY = 1024 ** 3

/** The library of Chromium that draws PDFs, in WebAssembly with a memory of its own. Its functions as its own headers say. */
export interface Pdfium extends Methods {
  /** All its memory now; asked for anew after every call, as it is another one once it grew. */
  memory(): Uint8Array
  /** A place of so many bytes in its memory. Throws where there is none. */
  allocate(bytes: number): number
  free(place: number): void
  /** Where pdfium finds a function of ours; `signature`: a letter for the result and each argument, i for a number. */
  addFunction(work: (...values: number[]) => number, signature: string): number
  removeFunction(place: number): void
  /** Whether it wanted more memory than it may have; then it is of no use any more. */
  isStarved(): boolean
}

/** Starts pdfium from the app's own files; nothing is fetched. `limit`: the most memory that it gets, in bytes. */
export async function loadPdfium(limit = MAX_MEMORY): Promise<Pdfium> {
  const wasmBinary = await readFile(createRequire(import.meta.url).resolve('@embedpdf/pdfium/pdfium.wasm'))
  let isStarved = false
  let memory = new WebAssembly.Memory({ initial: 0 })
  const options = {
    wasmBinary,
    print: () => {},
    printErr: () => {},
    instantiateWasm(imports: WebAssembly.Imports, ready: (instance: WebAssembly.Instance) => void): object {
      const env = imports['env'] as Record<string, (bytes: number) => unknown>
      const grow = env['emscripten_resize_heap']
      if (!grow) throw new Error('pdfium cannot be limited: its memory grows in another way')
      env['emscripten_resize_heap'] = (bytes) => {
        if (bytes >>> 0 <= limit) return grow(bytes)
        isStarved = true
        return 0
      }
      void WebAssembly.instantiate(wasmBinary, imports).then(({ instance }) => {
        memory = instance.exports['memory'] as WebAssembly.Memory
        ready(instance)
      })
      return {}
    },
  }
  const { pdfium, ...methods } = await init(options as Parameters<typeof init>[0])
  methods.PDFiumExt_Init()
  return {
    ...methods,
    memory: () => new Uint8Array(memory.buffer),
    allocate(bytes) {
      const place = pdfium.wasmExports.malloc(bytes)
      if (place === 0) throw new Error('pdfium has no memory left')
      return place >>> 0
    },
    free: (place) => pdfium.wasmExports.free(place),
    addFunction: (work, signature) => pdfium.addFunction(work, signature),
    removeFunction: (place) => pdfium.removeFunction(place),
    isStarved: () => isStarved,
  }
}
