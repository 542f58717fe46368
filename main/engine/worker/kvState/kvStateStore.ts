import { createHash } from 'node:crypto'
import type { DiskCache, Written } from '../../cache/diskCache.ts'
import type { Unit } from '../prompt/positions.ts'

/** A run of units of a KV cache and what the cache held of them. */
export interface StatePiece {
  /** Names all units that come before these, as `digestAfter` does. */
  readonly before: string
  readonly units: readonly Unit[]
  readonly data: Uint8Array
}

/** A recurrent state of a hybrid model, which belongs to what was computed up to one place. */
export interface SavedState {
  /** Where the pieces up to there end, in units. */
  readonly ends: readonly number[]
  /** Names all units up to there. */
  readonly digest: string
  readonly data: Uint8Array
}

/** What is on disk of a conversation. `otherwise`: only what another model, other options or another release saved. */
export type Stored = 'nothing' | 'some' | 'otherwise'

/** Names the empty beginning of a KV state. */
export const NOTHING_BEFORE = ''

/** Names the units up to the end of a piece. */
export const digestAfter = ({ before, units }: Pick<StatePiece, 'before' | 'units'>): string =>
  createHash('sha256').update(before).update(JSON.stringify(units)).digest('hex')

/**
 * KV states of recent conversations on disk, in pieces that follow one another; each is valid for one model with one set of
 * context parameters only.
 */
export class KvStateStore {
  private readonly disk: DiskCache
  private readonly model: string

  /** `model` names everything a KV state depends on beside its units: weights, cache types, libraries. */
  constructor(disk: DiskCache, model: string) {
    this.disk = disk
    this.model = model
  }

  /** The piece at `index` of a conversation's state; null when there is none. */
  async load(conversation: string, variant: string, index: number): Promise<StatePiece | null> {
    const bytes = await this.disk.get(conversation, this.key(variant), index)
    if (!bytes) return null
    const length = bytes.readUInt32LE(0)
    const { before, units } = JSON.parse(bytes.toString('utf8', 4, 4 + length)) as Omit<StatePiece, 'data'>
    return { before, units, data: bytes.subarray(4 + length) }
  }

  /** Stores the piece at `index`, and says what became of it. */
  save(conversation: string, variant: string, index: number, { data, ...about }: StatePiece): Promise<Written> {
    const header = Buffer.from(JSON.stringify(about))
    const length = Buffer.alloc(4)
    length.writeUInt32LE(header.length)
    return this.disk.set(conversation, this.key(variant), [length, header, data], index)
  }

  /** The recurrent state in that slot; null when there is none. */
  async loadState(conversation: string, variant: string, slot: number): Promise<SavedState | null> {
    const bytes = await this.disk.get(conversation, this.stateKey(variant), slot)
    if (!bytes) return null
    const length = bytes.readUInt32LE(0)
    const about = JSON.parse(bytes.toString('utf8', 4, 4 + length)) as Omit<SavedState, 'data'>
    return { ...about, data: bytes.subarray(4 + length) }
  }

  /** Stores a recurrent state in that slot in the place of the one before, and says what became of it. */
  saveState(conversation: string, variant: string, slot: number, { data, ...about }: SavedState): Promise<Written> {
    const header = Buffer.from(JSON.stringify(about))
    const length = Buffer.alloc(4)
    length.writeUInt32LE(header.length)
    return this.disk.set(conversation, this.stateKey(variant), [length, header, data], slot)
  }

  /** What there is of a conversation, whether it can be read or not. */
  async stored(conversation: string, variant: string): Promise<Stored> {
    const own = [this.key(variant), this.stateKey(variant)]
    const keys = await this.disk.keysOf(conversation, own)
    return keys.known ? 'some' : keys.others ? 'otherwise' : 'nothing'
  }

  private stateKey(variant: string): string {
    return `${this.key(variant)}:recurrent`
  }

  private key(variant: string): string {
    return `${this.model}:${variant}`
  }
}
