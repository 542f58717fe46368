import os from 'node:os'
import { systemFreeBytes } from '../memory/devices.ts'
import type { Probed } from '../protocol.ts'
import type { EngineState, MachineFacts } from '../types.ts'

/** What there is to compute with, with what the model in memory takes given back. */
export function machineFacts(
  { devices, cpuBytesPerSecond }: Probed,
  { plan, residentBytes, noGpuReason }: EngineState,
): MachineFacts {
  const taken = (device: string) => plan?.parts.slice(1).find((part) => part.device === device)?.total ?? 0
  const memoryBytes = os.totalmem()
  const within = (bytes: number, total: number) => Math.min(bytes, total)
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryBytes,
    systemFreeBytes: within(systemFreeBytes() + (plan ? (residentBytes ?? 0) : 0), memoryBytes),
    // a GPU that could not be started computes nothing
    devices: devices
      .filter(({ kind }) => kind === 'cpu' || !noGpuReason)
      .map((device) => ({ ...device, freeBytes: within(device.freeBytes + taken(device.name), device.totalBytes) })),
    cpuBytesPerSecond,
  }
}
