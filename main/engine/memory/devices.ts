import type { DeviceInfo } from '../types.ts'

/** The device that should compute: the GPU with the most free memory, a dedicated one first; null when there is none. */
export function bestGpu(devices: readonly DeviceInfo[]): DeviceInfo | null {
  const of = (wanted: DeviceInfo['kind']) =>
    devices.filter(({ kind }) => kind === wanted).sort((a, b) => b.freeBytes - a.freeBytes)
  return of('gpu')[0] ?? of('integrated')[0] ?? null
}
