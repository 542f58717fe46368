import type { Preset } from '#contract'
import { create } from 'zustand'

/** A preset that was chosen and waits to be told what its variables stand for; null: none does. */
export interface Wish {
  readonly conversationId: string | null
  readonly preset: Preset
  readonly variables: readonly string[]
}

export const usePresetWish = create<{ readonly wish: Wish | null }>(() => ({ wish: null }))

/** Gives up the preset that waits. */
export const dropWish = (): void => usePresetWish.setState({ wish: null })
