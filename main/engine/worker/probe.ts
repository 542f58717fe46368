import type { ProcessorSpeed, Probed } from '../protocol.ts'
import { cpuSpeed } from './native/cpuSpeed.ts'
import type { Runtime } from './native/runtime.ts'
import { towerSpeeds } from './vision/openTower.ts'

/** The devices as they are now, and how fast the CPU is, as it is `known`. */
export const found = (runtime: Runtime, known: ProcessorSpeed | null): Probed => ({
  devices: runtime.devices(),
  ...(known ?? { cpuBytesPerSecond: 0 }),
})

/** The same, the CPU's speed measured unless it is known. `folder`: where what was found out by trying is kept; null: nowhere. */
export async function probe(runtime: Runtime, known: ProcessorSpeed | null, folder: string | null): Promise<Probed> {
  return found(runtime, known ?? { ...(await cpuSpeed(runtime)), towers: await towerSpeeds(runtime, folder) })
}
