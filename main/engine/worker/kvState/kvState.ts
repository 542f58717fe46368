import { unlessAborted } from '#contract'
import type { LanguageContext } from '../language/context.ts'
import { commonPrefix, unitTokens } from '../prompt/positions.ts'
import type { Unit } from '../prompt/positions.ts'
import { digestsOf, fittingStates, STATE_SLOTS, wantedStates } from './hybridStates.ts'
import { digestAfter, NOTHING_BEFORE } from './kvStateStore.ts'
import type { KvStateStore, SavedState, StatePiece } from './kvStateStore.ts'

/** Fewer tokens than this are computed again faster than they are read. */
const WORTH_SAVING_TOKENS = 64
/** Tokens of a piece, unless one medium has more. A question that comes while one is copied waits for that, some ms. */
const PIECE_TOKENS = 256
/** The same of a hybrid model: fewer of its blocks have keys and values, and each copy takes the recurrent state along. */
const HYBRID_PIECE_TOKENS = 1024
/** Pieces that wait for the disk take at most so much memory, in bytes. */
const MAX_WAITING_BYTES = 256 << 20

/** Why something of a state is not saved. `full`: all states together may take no more room on the disk. */
export type Unsaved = 'full' | 'disk failed' | 'no memory'

/**
 * Why no more of a conversation is read. `saved otherwise`: by another model, with other options or by another release;
 * `parts missing`: they were removed to make room, are damaged, were never written, or another branch was written over
 * them; `other words`: it goes on in another way than what was saved; `no room`: llama.cpp does not take it.
 */
export type Unread = 'nothing saved' | 'saved otherwise' | 'parts missing' | 'other words' | 'no room'

/** Is told what becomes of the states of conversations. */
export interface StateReport {
  /** Something of a conversation's state does not come to the disk; told once in all where that is full. */
  unsaved(why: Unsaved): void
  /**
   * A conversation was entered: so many of the tokens that are wanted are there, in the context or from disk. `why` there
   * are no more; null: nothing more was to be had.
   */
  entered(found: { readonly tokens: number; readonly wanted: number; readonly why: Unread | null }): void
}

/** A piece on disk: where its units end in the context, and the name of all up to there. */
interface SavedPiece {
  readonly end: number
  readonly digest: string
}

/**
 * Keeps the KV states of conversations on disk. The context holds one; each run of units of it is written once, so that
 * saving writes only what is new, and can be ended after each piece.
 */
export class KvState {
  private readonly store: KvStateStore | null
  /** The conversation whose state the context holds; null: none that is kept. */
  private conversation: string | null = null
  /** The pieces of it that are on disk or on their way there. */
  private saved: SavedPiece[] = []
  /** Names of what is in the slots for recurrent states, of a hybrid model. */
  private slots: (string | null)[] = []
  private variant = ''
  /** Conversations that were removed: nothing of them is kept any more, whatever is still done for them. */
  private readonly forgotten = new Set<string>()
  /** Where the first piece begins for which there is no room on disk; what follows it would be of no use. */
  private fullAt = Infinity
  /** Is told what is saved and read, and what is not. */
  report: StateReport | null = null
  /** Whether it was told that a conversation's state takes more room than all of them may; its beginning is kept. */
  private saidFull = false
  /** Ends when all pieces that were copied are written. */
  private writes: Promise<unknown> = Promise.resolve()
  private waitingBytes = 0

  /** `store` null: nothing is kept. */
  constructor(store: KvStateStore | null) {
    this.store = store
  }

  /**
   * Brings the best start for `units` into the context: what it holds, or what was saved of this conversation. What the
   * context held of another one is saved. @throws the signal's reason.
   */
  async enter(
    conversation: string | null,
    units: readonly Unit[],
    context: LanguageContext,
    signal: AbortSignal,
  ): Promise<void> {
    if (conversation === this.conversation) return
    await this.save(context, signal)
    signal.throwIfAborted()
    this.leave()
    if (conversation === null || this.forgotten.has(conversation)) return
    this.conversation = conversation
    if (!this.store) return
    try {
      const why = await this.restore(conversation, units, context, signal)
      this.sayEntered(conversation, units, context, why)
    } catch (error) {
      // what the context holds may be of the one before still, and is not saved as of this one
      this.leave()
      throw error
    }
  }

  /** Saves what the context holds and the disk does not, until `signal` aborts; what was saved by then is of use. */
  async save(context: LanguageContext, signal?: AbortSignal): Promise<void> {
    const { conversation, variant, store } = this
    if (!store || conversation === null) return
    const kept = context.keptSinceSave
    while (this.saved.length > 0 && this.saved.at(-1)!.end > kept) this.saved.pop()
    if (kept < this.fullAt) this.fullAt = Infinity
    context.noteSaved()
    if (this.savedEnd >= this.fullAt) return
    let isBroken = false
    // a recurrent state can only be saved where a piece ends
    const wanted = wantedStates(context)
    const pieceTokens = context.isHybrid ? HYBRID_PIECE_TOKENS : PIECE_TOKENS
    for (const { from, to } of piecesOf(context.units, this.savedEnd, pieceTokens, wanted)) {
      if (signal?.aborted || this.conversation !== conversation) return
      const before = this.saved.at(-1)?.digest ?? NOTHING_BEFORE
      const data = await context.copyOut(from, to).catch(() => null)
      // it was removed meanwhile
      if (this.conversation !== conversation) return
      if (!data) return this.report?.unsaved('no memory')
      // a piece before this one could not be written meanwhile: the next save begins with it
      if (this.savedEnd !== from) return
      const piece: StatePiece = { before, units: context.units.slice(from, to), data }
      const index = this.saved.length
      this.saved.push({ end: to, digest: digestAfter(piece) })
      this.waitingBytes += piece.data.length
      const write = this.writes.then(async () => {
        // what follows a piece that is missing is of no use
        const written = isBroken ? null : await store.save(conversation, variant, index, piece)
        this.waitingBytes -= piece.data.length
        if (written === 'stored' || isBroken) return
        isBroken = true
        this.sayUnwritten(written)
        if (this.conversation !== conversation) return
        this.saved.length = Math.min(this.saved.length, index)
        if (written === 'full') this.fullAt = Math.min(this.fullAt, from)
      })
      this.writes = write
      await this.roomToWait(write, signal)
    }
    // first what the next question needs: a process that ends is given a few seconds
    const byUse = [...wanted].sort((x, y) => Number(x === context.length) - Number(y === context.length) || y - x)
    for (const at of byUse) {
      const state = signal?.aborted || this.conversation !== conversation ? null : await this.stateAt(at, context)
      if (state && this.conversation === conversation) this.writeState(conversation, variant, state, wanted, store)
      await this.roomToWait(this.writes, signal)
    }
  }

  /** Waits for `write` where too much waits for the disk, until `signal` aborts. */
  private async roomToWait(write: Promise<unknown>, signal?: AbortSignal): Promise<void> {
    if (this.waitingBytes <= MAX_WAITING_BYTES) return
    try {
      await (signal ? unlessAborted(write, signal) : write)
    } catch (error) {
      if (!signal?.aborted) throw error
    }
  }

  /** The recurrent state behind `at` units, unless it is on disk or the pieces before it are not. */
  private async stateAt(at: number, context: LanguageContext): Promise<SavedState | null> {
    const piece = this.saved.findIndex(({ end }) => end === at)
    const digest = this.saved[piece]?.digest
    if (digest === undefined || this.slots.includes(digest)) return null
    const held = context.checkpointsHeld.find((checkpoint) => checkpoint.at === at)?.data
    const data = held ?? (at === context.length ? await context.recurrentState().catch(() => null) : null)
    if (!data) this.report?.unsaved('no memory')
    return data && { ends: this.saved.slice(0, piece + 1).map(({ end }) => end), digest, data }
  }

  /** Puts a state where one is that nobody wants any more. */
  private writeState(
    conversation: string,
    variant: string,
    state: SavedState,
    wanted: readonly number[],
    store: KvStateStore,
  ): void {
    const current = new Set(this.saved.filter(({ end }) => wanted.includes(end)).map(({ digest }) => digest))
    const free = Array.from({ length: STATE_SLOTS }, (_, i) => i).find((i) => !current.has(this.slots[i] ?? ''))
    if (free === undefined) return
    this.slots[free] = state.digest
    this.waitingBytes += state.data.length
    this.writes = this.writes.then(async () => {
      const written = await store.saveState(conversation, variant, free, state)
      this.waitingBytes -= state.data.length
      if (written === 'stored') return
      this.sayUnwritten(written)
      if (this.slots[free] === state.digest) this.slots[free] = null
    })
  }

  /** Resolves when all that `save` copied is on disk. */
  async written(): Promise<void> {
    await this.writes
  }

  /** From now on states belong to another variant of the model, such as one with other LoRA adapters. */
  switchVariant(variant: string): void {
    this.leave()
    this.variant = variant
  }

  /** What the context holds is not saved, because memory has run out. */
  discard(): void {
    if (this.store && this.conversation !== null) this.report?.unsaved('no memory')
    this.leave()
  }

  /** The context is gone; what was saved of it can be read again. */
  leave(): void {
    this.conversation = null
    this.saved = []
    this.slots = []
    this.fullAt = Infinity
  }

  /** The conversation was removed: what the context holds is nobody's. Resolves when nothing more is written of it. */
  async forget(conversation: string): Promise<void> {
    this.forgotten.add(conversation)
    if (this.conversation === conversation) this.leave()
    await this.writes
  }

  /** How many units are on disk or on their way there. */
  private get savedEnd(): number {
    return this.saved.at(-1)?.end ?? 0
  }

  private sayUnwritten(written: 'full' | 'failed' | null): void {
    if (written === 'failed') this.report?.unsaved('disk failed')
    if (written !== 'full' || this.saidFull) return
    this.saidFull = true
    this.report?.unsaved('full')
  }

  private sayEntered(conversation: string, units: readonly Unit[], context: LanguageContext, why: Unread | null): void {
    if (this.conversation !== conversation) return
    const there = context.kept(context.common(units))
    const [tokens, wanted] = [units.slice(0, there), units].map((some) => some.reduce((n, u) => n + unitTokens(u), 0))
    this.report?.entered({ tokens: tokens!, wanted: wanted!, why })
  }

  /** Why no first piece, or no recurrent state, of the conversation is there. */
  private async whyNothing(conversation: string): Promise<Unread> {
    const stored = await this.store!.stored(conversation, this.variant)
    return stored === 'some' ? 'parts missing' : stored === 'otherwise' ? 'saved otherwise' : 'nothing saved'
  }

  /** Returns why no more is there; null: nothing more was to be had, or the conversation was removed. */
  private async restore(
    conversation: string,
    units: readonly Unit[],
    context: LanguageContext,
    signal: AbortSignal,
  ): Promise<Unread | null> {
    await unlessAborted(this.writes, signal)
    if (context.isHybrid) return this.restoreHybrid(conversation, units, context, signal)
    let why: Unread | null = null
    for (let at = 0, digest = NOTHING_BEFORE; ; ) {
      const piece = await unlessAborted(this.store!.load(conversation, this.variant, this.saved.length), signal)
      // it was removed meanwhile
      if (this.conversation !== conversation) return null
      if (!piece) {
        if (at === 0) why = await unlessAborted(this.whyNothing(conversation), signal)
        break
      }
      const common = piece.before === digest ? commonPrefix(piece.units, units.slice(at)) : 0
      if (common < piece.units.length && at + common < units.length) why = 'other words'
      if (common === 0) break
      const end = at + piece.units.length
      const there = context.common(units)
      const isThere = common === piece.units.length && there >= end
      if (!isThere && there >= at + common) break
      if (!isThere) {
        context.truncate(at)
        if (!(await context.copyIn(piece))) {
          why = 'no room'
          break
        }
      }
      at = end
      digest = digestAfter(piece)
      this.saved.push({ end, digest })
      if (common < piece.units.length) break
    }
    context.noteSaved()
    return why
  }

  /**
   * As `restore`: the pieces up to the last recurrent state that fits, or to an earlier one where pieces are missing. Which
   * of them are of use, and whether they are more than what is there, is known before any is read.
   */
  private async restoreHybrid(
    conversation: string,
    units: readonly Unit[],
    context: LanguageContext,
    signal: AbortSignal,
  ): Promise<Unread | null> {
    const slots: (SavedState | null)[] = []
    for (let slot = 0; slot < STATE_SLOTS; slot++)
      slots.push(await unlessAborted(this.store!.loadState(conversation, this.variant, slot), signal))
    if (this.conversation !== conversation) return null
    this.slots = slots.map((state) => state?.digest ?? null)
    const states = fittingStates(slots, units)
    const best = states.at(-1)
    if (!best && slots.some((state) => state !== null)) return 'other words'
    if (!best) return unlessAborted(this.whyNothing(conversation), signal)
    const isThere = context.kept(context.common(units)) >= best.ends.at(-1)!
    const digests = digestsOf(units, best.ends)
    let why: Unread | null = null
    // without its recurrent state what was read is of no use, and must not be taken for more
    let isHalf = false
    try {
      for (const [i, end] of best.ends.entries()) {
        const piece = await unlessAborted(this.store!.load(conversation, this.variant, i), signal)
        if (this.conversation !== conversation) return null
        // another branch of the conversation may have written its own in this place
        if (!piece || digestAfter(piece) !== digests[i]) why = 'parts missing'
        else if (!isThere) {
          if (i === 0) context.truncate(0)
          isHalf = true
          if (!(await context.copyIn(piece))) why = 'no room'
        }
        if (why) break
        this.saved.push({ end, digest: digests[i]! })
      }
      if (isHalf && this.settle(states, context)) isHalf = false
      else if (isHalf) why ??= 'no room'
    } finally {
      if (isHalf) context.truncate(0)
    }
    while (this.savedEnd > context.length) this.saved.pop()
    context.noteSaved()
    return why
  }

  /** Goes to the last of these states that what was read reaches. Returns false where there is none. */
  private settle(states: readonly SavedState[], context: LanguageContext): boolean {
    const reached = states.filter(({ digest }) => this.saved.some((piece) => piece.digest === digest))
    for (const { ends, data } of reached) context.noteCheckpoint(ends.at(-1)!, data)
    return context.settle(reached.at(-1)?.ends.at(-1) ?? 0)
  }
}

/** Cuts the units from `start` on into pieces, also at `cuts`; none where there are too few to be worth it. */
function piecesOf(
  units: readonly Unit[],
  start: number,
  pieceTokens: number,
  cuts: readonly number[],
): { from: number; to: number }[] {
  const pieces: { from: number; to: number }[] = []
  let tokens = 0
  let all = 0
  let from = start
  for (let i = start; i < units.length; i++) {
    const more = unitTokens(units[i]!)
    if (tokens > 0 && (tokens + more > pieceTokens || cuts.includes(i))) {
      pieces.push({ from, to: i })
      from = i
      tokens = 0
    }
    tokens += more
    all += more
  }
  if (tokens > 0) pieces.push({ from, to: units.length })
  return all < WORTH_SAVING_TOKENS ? [] : pieces
}
