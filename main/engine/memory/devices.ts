import os from 'node:os'
import type { DeviceInfo } from '../types.ts'

/** The device that should compute: the GPU with the most free memory, a dedicated one first; null when there is none. */
export function bestGpu(devices: readonly DeviceInfo[]): DeviceInfo | null {
  const of = (wanted: DeviceInfo['kind']) =>
    devices.filter(({ kind }) => kind === wanted).sort((a, b) => b.freeBytes - a.freeBytes)
  return of('gpu')[0] ?? of('integrated')[0] ?? null
}

/** Memory that can be had without taking it from other programs, in bytes; within the limits set for this process. */
export function systemFreeBytes(): number {
  const free = process.availableMemory()
  // macOS counts what it would hand out at once as used: caches and compressed memory
  return process.platform === 'darwin' ? Math.max(free, os.totalmem() / 2) : free
}
