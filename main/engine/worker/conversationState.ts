import type { LanguageContext } from './language/context.ts'
import { commonPrefix } from './prompt/positions.ts'
import type { Unit } from './prompt/positions.ts'
import type { StateStore } from './cache/stateStore.ts'

/** Below this a KV state is computed again faster than it is read. */
const WORTH_SAVING_TOKENS = 64

/** Whose KV state is in the context, and its way to disk and back when conversations take turns. */
export class ConversationState {
  private readonly store: StateStore | null
  private conversation: string | null = null
  private savedLength = 0
  private variant = ''

  constructor(store: StateStore | null) {
    this.store = store
  }

  /** Brings the best start for `units` into the context: what is there, or what was saved for this conversation. */
  async enter(conversation: string | null, units: readonly Unit[], context: LanguageContext): Promise<void> {
    if (conversation === this.conversation) return
    await this.save(context)
    this.conversation = conversation
    this.savedLength = 0
    const saved = conversation === null ? null : ((await this.store?.load(conversation, this.variant)) ?? null)
    if (!saved || commonPrefix(saved.units, units) <= context.common(units)) return
    if (await context.restore(saved)) this.savedLength = saved.units.length
  }

  /** Saves what is in the context when it has grown since the last time. */
  async save(context: LanguageContext): Promise<void> {
    if (
      !this.store ||
      this.conversation === null ||
      context.length === this.savedLength ||
      context.used < WORTH_SAVING_TOKENS
    )
      return
    const state = await context.save()
    this.savedLength = state.units.length
    await this.store.save(this.conversation, this.variant, state)
  }

  /** From now on states belong to another variant of the model, such as one with other LoRA adapters. */
  switchVariant(variant: string): void {
    this.leave()
    this.variant = variant
  }

  /** The context is gone; what was in it can be read again. */
  leave(): void {
    this.conversation = null
    this.savedLength = 0
  }

  /** The conversation was removed: what is in the context is nobody's. */
  forget(conversation: string): void {
    if (this.conversation === conversation) this.leave()
  }
}
