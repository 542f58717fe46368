import { AppError, say } from '#contract'
import type { Pointer } from '../native/ffi.ts'
import { gridTokens, mediaPositions, sharesPosition } from '../../../lib/families/grid.ts'
import { commonPrefix, positionSpan, unitTokens } from '../prompt/positions.ts'
import type { Unit } from '../prompt/positions.ts'
import type { StatePiece } from '../kvState/kvStateStore.ts'
import { Checkpoints, checkpointPlaces } from './checkpoints.ts'
import type { Checkpoint } from './checkpoints.ts'
import { partOf, SLICE_TOKENS } from './nativeContext.ts'
import type { NativeContext } from './nativeContext.ts'

/**
 * One sequence of a llama.cpp context and what is in its KV cache: a list of units. The longest common prefix of what is
 * there and what is asked stays; the rest is removed by position. A hybrid model goes back to checkpoints only, so less may
 * stay there: `kept` tells how much before anything is done.
 */
export class LanguageContext {
  /** Its number in the native context. */
  readonly sequence: number
  private readonly native: NativeContext
  /** Units in the KV cache, and the position at which each begins. */
  private held: Unit[] = []
  private starts: number[] = []
  private nextPosition = 0
  private keptUnits = Infinity
  /** null: the model has keys and values alone. */
  private readonly checkpoints: Checkpoints | null

  constructor(native: NativeContext, sequence = 0) {
    this.native = native
    this.sequence = sequence
    this.checkpoints = native.hybrid && new Checkpoints(native.hybrid.mostCheckpoints)
  }

  /** Tokens it can hold. */
  get size(): number {
    return this.native.size
  }

  get handle(): Pointer {
    return this.native.handle
  }

  /** Tokens in the KV cache. */
  get used(): number {
    return tokensOf(this.held)
  }

  /** The units in the KV cache. */
  get units(): readonly Unit[] {
    return this.held
  }

  /** How many of them, from the start, have been there since `noteSaved`. */
  get keptSinceSave(): number {
    return Math.min(this.keptUnits, this.held.length)
  }

  /** What is there now is noted as saved, or as about to be. */
  noteSaved(): void {
    this.keptUnits = Infinity
  }

  /** How many units are in the KV cache. */
  get length(): number {
    return this.held.length
  }

  /** Where the next unit begins. */
  get position(): number {
    return this.nextPosition
  }

  /** Whether the model has recurrent states, so that it goes back to checkpoints only. */
  get isHybrid(): boolean {
    return this.checkpoints !== null
  }

  /** Where it can go back to, in their order; none where it can go back anywhere. */
  get checkpointsHeld(): readonly Checkpoint[] {
    return this.checkpoints?.all ?? []
  }

  /** How many of `units` are already there, as the common prefix. */
  common(units: readonly Unit[]): number {
    return commonPrefix(units, this.held)
  }

  /** A copy of the units from `from` to before `to` in the KV cache. @throws RangeError when there is no memory for it. */
  copyOut(from: number, to: number): Promise<Uint8Array> {
    return this.native.copyOut(this.sequence, this.starts[from]!, this.starts[to] ?? this.nextPosition)
  }

  /** Puts units that were copied out back after what is there. Returns false, and changes nothing, when they do not fit. */
  async copyIn({ units, data }: Pick<StatePiece, 'units' | 'data'>): Promise<boolean> {
    if (!(await this.native.copyIn(this.sequence, data))) return false
    for (const unit of units) this.push(unit)
    return true
  }

  /** How many of the units that are there stay when all from the first `count` on have to go. */
  kept(count: number): number {
    if (count >= this.held.length) return this.held.length
    return this.checkpoints ? (this.checkpoints.before(count)?.at ?? 0) : count
  }

  /** Keeps the first `count` units, or as many of them as it can go back to, and removes the rest. Returns how many stay. */
  truncate(count: number): number {
    const kept = this.kept(count)
    if (kept >= this.held.length) return kept
    return this.checkpoints ? this.goBack(this.checkpoints.before(kept)) : this.cut(kept)
  }

  /** Keeps what it shares with `units` and can go back to, except their last one: its logits are needed. Returns how many are kept. */
  rewind(units: readonly Unit[]): number {
    return this.truncate(Math.max(0, Math.min(this.common(units), units.length - 1)))
  }

  /** Notes a copy of the recurrent state behind the first `at` units, which are there. */
  noteCheckpoint(at: number, data: Uint8Array): void {
    this.checkpoints?.add({ at, tokens: tokensOf(this.held.slice(0, at)), data })
  }

  /**
   * Takes the recurrent state of the checkpoint behind `count` units, and removes what is behind it. Returns false, with
   * nothing left, when there is none, or it does not fit.
   */
  settle(count: number): boolean {
    const checkpoint = this.checkpoints?.before(count) ?? null
    return this.goBack(checkpoint?.at === count ? checkpoint : null) === count && count > 0
  }

  /** A copy of the recurrent state as it is. @throws RangeError when there is no memory for it. */
  recurrentState(): Promise<Uint8Array> {
    return this.native.recurrentState(this.sequence)
  }

  /**
   * Computes `units` after what is there. Runs of tokens and media go in slices; `onTokens` is told after each.
   * `embeddings` gives the vectors of a media unit, [tokens, embeddingLength].
   * @throws AppError ContextFull, EngineFailed; the signal's reason when aborted (what was computed stays).
   */
  async append(
    units: readonly Unit[],
    embeddings: (media: string) => Promise<Float32Array>,
    onTokens: (tokens: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const places = this.placesIn(units)
    for (let i = 0; i < units.length; ) {
      const unit = units[i]!
      if (places?.has(i)) await this.makeCheckpoint()
      if ('media' in unit) {
        await this.appendMedia(unit, await embeddings(unit.media), i === units.length - 1, onTokens, signal)
        i++
        continue
      }
      const tokens: number[] = []
      while (tokens.length < SLICE_TOKENS && i + tokens.length < units.length) {
        if (tokens.length > 0 && places?.has(i + tokens.length)) break
        const next = units[i + tokens.length]!
        if (!('token' in next)) break
        tokens.push(next.token)
      }
      await this.appendTokens(tokens, i + tokens.length === units.length, signal)
      onTokens(tokens.length)
      i += tokens.length
    }
    if (places?.has(units.length)) await this.makeCheckpoint()
  }

  /** Computes tokens of text; `last` asks for the logits of the final one. */
  async appendTokens(tokens: readonly number[], last: boolean, signal: AbortSignal): Promise<void> {
    const count = tokens.length
    const positions = Int32Array.from(tokens, (_, i) => this.nextPosition + i)
    const logits = new Int8Array(count)
    if (last) logits[count - 1] = 1
    await this.undoing(() =>
      this.native.decode(
        { count, tokens: Int32Array.from(tokens), embeddings: null, positions, logits, sequences: this.sequence },
        signal,
      ),
    )
    for (const token of tokens) this.push({ token })
  }

  /** Notes a token that was computed together with those of other sequences. */
  noteToken(token: number): void {
    this.push({ token })
  }

  private async appendMedia(
    unit: Extract<Unit, { media: string }>,
    vectors: Float32Array,
    last: boolean,
    onTokens: (tokens: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { grid } = unit
    const count = gridTokens(grid)
    const logits = new Int8Array(count)
    if (last) logits[count - 1] = 1
    const all = {
      count,
      tokens: null,
      embeddings: vectors,
      positions: mediaPositions(grid, this.nextPosition),
      logits,
      sequences: this.sequence,
    }
    const perTime = grid.rows * grid.columns
    await this.undoing(async () => {
      for (let t = 0; t < grid.times; ) {
        const inOrder = sharesPosition(grid, t)
        const from = t++
        // llama.cpp takes slices at one position for one picture, and mixes up which of their tokens come first
        while (!inOrder && t < grid.times && !sharesPosition(grid, t)) t++
        for (let at = from * perTime; at < t * perTime; at += SLICE_TOKENS) {
          const part = partOf(all, at, Math.min(SLICE_TOKENS, t * perTime - at))
          await (inOrder ? this.native.decodeInOrder(part, signal) : this.native.decode(part, signal))
          onTokens(part.count)
        }
      }
    })
    this.push(unit)
  }

  /** Removes what a computation that ended early left behind; a hybrid model goes back to its last checkpoint. */
  private async undoing(compute: () => Promise<void>): Promise<void> {
    const { begun } = this.native
    try {
      await compute()
    } catch (error) {
      if (this.native.begun > begun) {
        if (this.checkpoints) this.goBack(this.checkpoints.before(this.held.length))
        else this.native.remove(this.sequence, this.nextPosition)
      }
      throw error
    }
  }

  private cut(count: number): number {
    if (!this.native.remove(this.sequence, this.starts[count]!))
      throw new AppError('EngineFailed', say`The KV cache could not be cut back. Try again.`)
    return this.forgetFrom(count)
  }

  /** Null: to the beginning, where it also lands when llama.cpp does not take the checkpoint. Returns how many units stay. */
  private goBack(checkpoint: Checkpoint | null): number {
    const position = checkpoint && (this.starts[checkpoint.at] ?? this.nextPosition)
    if (checkpoint && this.native.goBack(this.sequence, checkpoint.data, position!))
      return this.forgetFrom(checkpoint.at)
    this.native.remove(this.sequence, 0)
    return this.forgetFrom(0)
  }

  private forgetFrom(count: number): number {
    this.nextPosition = this.starts[count] ?? this.nextPosition
    this.held.length = count
    this.starts.length = count
    this.keptUnits = Math.min(this.keptUnits, count)
    this.checkpoints?.truncate(count)
    return count
  }

  /** Behind how many of the units that come a checkpoint is made; null: nowhere. */
  private placesIn(units: readonly Unit[]): ReadonlySet<number> | null {
    if (!this.checkpoints?.takesAny) return null
    const held = this.used
    const since = held - (this.checkpoints.all.at(-1)?.tokens ?? 0)
    return checkpointPlaces(units, this.native.hybrid!.turnStart, { held, since })
  }

  private async makeCheckpoint(): Promise<void> {
    const at = this.held.length
    if (at === 0 || this.checkpointsHeld.some((checkpoint) => checkpoint.at === at)) return
    // without memory for one, more is computed again
    const data = await this.recurrentState().catch(() => null)
    if (data) this.noteCheckpoint(at, data)
  }

  private push(unit: Unit): void {
    this.held.push(unit)
    this.starts.push(this.nextPosition)
    this.nextPosition += positionSpan(unit)
  }

  /** Frees the whole native context. */
  async free(): Promise<void> {
    await this.native.free()
  }
}

const tokensOf = (units: readonly Unit[]): number => units.reduce((sum, unit) => sum + unitTokens(unit), 0)
