import { create } from 'zustand'
import { emptyDraft, type Draft } from './draft.ts'

type Drafts = Readonly<Record<string, Draft>>

/** The drafts of all conversations, by conversation id; `new` is the question that will start one. */
export const useDrafts = create<{ readonly drafts: Drafts }>(() => ({ drafts: {} }))

const NEW = 'new'

/** Key of a conversation's draft. */
export const draftKey = (conversationId: string | null): string => conversationId ?? NEW

/** The conversation that a draft belongs to; null: the one that it will start. */
export const conversationOf = (key: string): string | null => (key === NEW ? null : key)

/** The draft as it is now. */
export const draftOf = (key: string): Draft => useDrafts.getState().drafts[key] ?? emptyDraft

/** Changes a draft; nothing happens when `change` returns the same reference. */
export function updateDraft(key: string, change: (draft: Draft) => Draft): void {
  const draft = draftOf(key)
  const next = change(draft)
  if (next !== draft) useDrafts.setState((state) => ({ drafts: { ...state.drafts, [key]: next } }))
}

/**
 * Key of the draft that holds a picture or video, null: none does any more. What was added while a question was sent moves
 * to the conversation that the question started, so who works on it for a while asks for its place anew.
 */
export function holderOf(pictureKey: string): string | null {
  const isHeld = ({ pictures }: Draft): boolean => pictures.some(({ key }) => key === pictureKey)
  return Object.entries(useDrafts.getState().drafts).find(([, draft]) => isHeld(draft))?.[0] ?? null
}

/** Changes the draft that holds a picture or video; nothing happens when none does any more. */
export function updateHolder(pictureKey: string, change: (draft: Draft) => Draft): void {
  const key = holderOf(pictureKey)
  if (key !== null) updateDraft(key, change)
}

/** The draft of a conversation, as it changes. */
export const useDraft = (conversationId: string | null): Draft =>
  useDrafts((state) => state.drafts[draftKey(conversationId)] ?? emptyDraft)
