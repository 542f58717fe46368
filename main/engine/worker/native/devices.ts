import { bestGpu } from '../../memory/devices.ts'
import type { DeviceInfo } from '../../types.ts'
import type { Pointer } from './ffi.ts'
import type { Ggml } from './ggml.ts'

/** `ggml_backend_dev_type` in its order. */
const kinds: readonly DeviceInfo['kind'][] = ['cpu', 'gpu', 'integrated', 'accelerator']

/** A device and its handle. */
export interface Device {
  readonly handle: Pointer
  readonly info: DeviceInfo
}

/** The devices of the loaded backends, with their memory as it is now. */
export function listDevices(ggml: Ggml): Device[] {
  const devices: Device[] = []
  for (let i = 0; i < ggml.deviceCount(); i++) {
    const handle = ggml.deviceAt(i)
    const kind = kinds[ggml.deviceType(handle)]
    if (kind)
      devices.push({
        handle,
        info: {
          name: ggml.deviceName(handle),
          description: ggml.deviceDescription(handle),
          kind,
          ...memory(ggml, handle),
          isShared: isShared(kind),
        },
      })
  }
  return devices
}

/** The device that should compute; null when there is no GPU. */
export function bestDevice(devices: readonly Device[]): Device | null {
  const best = bestGpu(devices.map(({ info }) => info))
  return devices.find(({ info }) => info === best) ?? null
}

function memory(ggml: Ggml, handle: Pointer): Pick<DeviceInfo, 'totalBytes' | 'freeBytes'> {
  const [free, total] = [new BigUint64Array(1), new BigUint64Array(1)]
  ggml.deviceMemory(handle, free, total)
  return { totalBytes: Number(total[0]), freeBytes: Number(free[0]) }
}

function isShared(kind: DeviceInfo['kind']): boolean {
  return (
    kind === 'integrated' ||
    kind === 'cpu' ||
    (kind === 'gpu' && process.platform === 'darwin' && process.arch === 'arm64')
  )
}
