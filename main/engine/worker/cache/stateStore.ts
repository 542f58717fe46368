import type { Unit } from '../prompt/positions.ts'
import type { DiskCache } from '../../cache/diskCache.ts'

/** What a KV cache held when it was saved. */
export interface SavedState {
  readonly units: readonly Unit[]
  readonly data: Uint8Array
}

/** KV states of recent conversations on disk; each is valid for one model with one set of context parameters only. */
export class StateStore {
  private readonly disk: DiskCache
  private readonly model: string

  /** `model` names everything a KV state depends on beside its units: weights, cache types, libraries. */
  constructor(disk: DiskCache, model: string) {
    this.disk = disk
    this.model = model
  }

  async load(conversation: string, variant: string): Promise<SavedState | null> {
    const bytes = await this.disk.get(conversation, `${this.model}:${variant}`)
    if (!bytes) return null
    const length = bytes.readUInt32LE(0)
    const units = JSON.parse(bytes.toString('utf8', 4, 4 + length)) as Unit[]
    return { units, data: bytes.subarray(4 + length) }
  }

  async save(conversation: string, variant: string, state: SavedState): Promise<void> {
    const units = Buffer.from(JSON.stringify(state.units))
    const length = Buffer.alloc(4)
    length.writeUInt32LE(units.length)
    await this.disk.set(conversation, `${this.model}:${variant}`, [length, units, state.data])
  }
}
