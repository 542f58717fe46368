import { t } from '@lingui/core/macro'
import type { SearchHit } from '#contract'
import { create } from 'zustand'
import { announce } from './announce.ts'
import { toAppError } from './errors.ts'
import { call } from './rpc.ts'

/** A search that is followed into a conversation, from one message that it found to the next. */
export interface Finding {
  readonly conversationId: string
  readonly query: string
  /** The message that is shown. */
  readonly messageId: string
  /** The name of the picture or video in it that is meant; null: as its hit says. */
  readonly picture: string | null
  /** All messages of the conversation that were found, in their order; null: not known yet. */
  readonly hits: readonly SearchHit[] | null
  /** Rises whenever the message is to be brought into view. */
  readonly turn: number
}

export const useFinding = create<{ readonly finding: Finding | null }>(() => ({ finding: null }))

let turns = 0

/** Ends it; nothing is marked any more. */
export function endFinding(): void {
  if (useFinding.getState().finding) useFinding.setState({ finding: null })
}

/** What is to be shown of a conversation: a message, for a search or for a picture or video in it. */
export interface Shown {
  readonly query: string
  readonly messageId: string
  readonly picture?: string
}

/** Shows the last message of a conversation that holds every word; returns whether there is any. Rejects with the reason. */
export async function findIn(conversationId: string, query: string, signal: AbortSignal): Promise<boolean> {
  const hits = await call((core) => core.conversations.findIn({ id: conversationId, query, limit: 1000 }, { signal }))
  const last = hits.at(-1)
  if (signal.aborted) return false
  if (last) {
    useFinding.setState({
      finding: { conversationId, query, messageId: last.messageId, picture: null, hits, turn: ++turns },
    })
    tell()
  } else endFinding()
  return last !== undefined
}

/** Shows a message that a search found, and looks for the others of its conversation. */
export function showFound(conversationId: string, shown: Shown): void {
  const { query, messageId, picture = null } = shown
  const before = useFinding.getState().finding
  const isSame = before?.conversationId === conversationId && before.query === query
  const turn = ++turns
  const hits = isSame ? before.hits : null
  useFinding.setState({ finding: { conversationId, query, messageId, picture, hits, turn } })
  if (hits) return tell()
  call((core) => core.conversations.findIn({ id: conversationId, query, limit: 1000 })).then(
    (found) => {
      const { finding } = useFinding.getState()
      if (finding?.conversationId !== conversationId || finding.query !== query) return
      useFinding.setState({ finding: { ...finding, hits: found } })
      tell()
    },
    (thrown: unknown) => announce(toAppError(thrown).message),
  )
}

/** The place of the shown message among all, from 1; null: not known. */
export function placeOf({ hits, messageId }: Finding): { readonly place: number; readonly of: number } | null {
  const at = hits?.findIndex((hit) => hit.messageId === messageId) ?? -1
  return hits && at >= 0 ? { place: at + 1, of: hits.length } : null
}

/** Shows the next message that was found, or with -1 the one before; after the last comes the first. */
export function stepFound(by: 1 | -1): void {
  const { finding } = useFinding.getState()
  const place = finding && placeOf(finding)
  if (!finding?.hits || !place) return
  const next = finding.hits[(place.place - 1 + by + place.of) % place.of]!
  useFinding.setState({ finding: { ...finding, messageId: next.messageId, picture: null, turn: ++turns } })
  tell()
}

/** Has screen readers say which of how many is shown, with its words. */
function tell(): void {
  const { finding } = useFinding.getState()
  const place = finding && placeOf(finding)
  if (!finding?.hits || !place) return
  const { role, snippet } = finding.hits[place.place - 1]!
  const words = snippet.replace(/[\u0002\u0003]/g, '')
  announce(
    role === 'user'
      ? t`Hit ${place.place} of ${place.of}, in question: ${words}`
      : t`Hit ${place.place} of ${place.of}, in answer: ${words}`,
  )
}
