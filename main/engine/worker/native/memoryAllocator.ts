import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import koffi from 'koffi'

const M_MMAP_THRESHOLD = -3
const THRESHOLD_BYTES = 128 << 10

/**
 * Has glibc give large blocks back to the system when they are freed. Left alone it raises the limit from which it does
 * with every large block that is freed, and a process that loads and unloads models grows. Elsewhere nothing is done.
 */
export function returnFreedMemory(): void {
  if (process.platform !== 'linux') return
  try {
    koffi.load('libc.so.6').func('int mallopt(int param, int value)')(M_MMAP_THRESHOLD, THRESHOLD_BYTES)
  } catch {
    // another C library: it has no such limit
  }
}

/**
 * Gives back what is left of a model that was unloaded: what JavaScript holds of it, such as the buffers its file was read
 * through, and the small blocks that glibc keeps in the arena of every thread that once loaded a model.
 */
export function releaseMemory(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  if (process.platform !== 'linux') return
  try {
    koffi.load('libc.so.6').func('int malloc_trim(size_t pad)')(0)
  } catch {
    // another C library: it keeps nothing
  }
}
