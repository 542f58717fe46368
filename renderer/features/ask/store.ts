import { create } from 'zustand'
import { emptyDraft, type Draft } from './state.ts'

/** The drafts of all conversations, by conversation id; `new` is the question that will start one. */
export const useDrafts = create<{ readonly drafts: Readonly<Record<string, Draft>> }>(() => ({ drafts: {} }))

/** Key of a conversation's draft. */
export const draftKey = (conversationId: string | null): string => conversationId ?? 'new'

/** The draft as it is now. */
export const draftOf = (key: string): Draft => useDrafts.getState().drafts[key] ?? emptyDraft

/** Changes a draft; nothing happens when `change` returns the same reference. */
export function updateDraft(key: string, change: (draft: Draft) => Draft): void {
  const draft = draftOf(key)
  const next = change(draft)
  if (next !== draft) useDrafts.setState((state) => ({ drafts: { ...state.drafts, [key]: next } }))
}

/** The draft of a conversation, as it changes. */
export const useDraft = (conversationId: string | null): Draft =>
  useDrafts((state) => state.drafts[draftKey(conversationId)] ?? emptyDraft)
