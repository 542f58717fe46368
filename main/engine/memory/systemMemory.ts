import os from 'node:os'

/** Memory that can be had without taking it from other programs, in bytes; within the limits set for this process. */
export function systemFreeBytes(): number {
  const free = process.availableMemory()
  // macOS counts what it would hand out at once as used: caches and compressed memory
  return process.platform === 'darwin' ? Math.max(free, os.totalmem() / 2) : free
}
