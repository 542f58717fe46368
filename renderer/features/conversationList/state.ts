import { t } from '@lingui/core/macro'
import type { Conversation, ConversationListEvent, Folder } from '#contract'
import type { KeyboardEvent } from 'react'

/** The conversation list: ids newest first, and each conversation by its id. */
export interface ListState {
  readonly status: 'loading' | 'ready'
  readonly order: readonly string[]
  readonly byId: Readonly<Record<string, Conversation>>
}

export const emptyList: ListState = { status: 'loading', order: [], byId: {} }

const fields = [
  'title',
  'createdAt',
  'updatedAt',
  'leafId',
  'pinned',
  'archived',
  'deletedAt',
  'folderId',
  'cover',
  'answering',
] as const

const same = (a: Conversation | undefined, b: Conversation): boolean =>
  a !== undefined && fields.every((field) => a[field] === b[field]) && a.tags?.join('\n') === b.tags?.join('\n')

const newestFirst = (byId: ListState['byId']): string[] =>
  Object.values(byId)
    .sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1))
    .map((conversation) => conversation.id)

const sameOrder = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, i) => id === b[i])

function withConversations(state: ListState, byId: ListState['byId']): ListState {
  const order = newestFirst(byId)
  return { status: 'ready', byId, order: sameOrder(state.order, order) ? state.order : order }
}

/** Each conversation after one event; the same reference when it changes nothing. */
function applied(byId: ListState['byId'], event: ConversationListEvent): ListState['byId'] {
  switch (event.type) {
    case 'snapshot': {
      const next = Object.fromEntries(
        event.conversations.map((one) => {
          const known = byId[one.id]
          return [one.id, known && same(known, one) ? known : one]
        }),
      )
      const isSame =
        event.conversations.length === Object.keys(byId).length &&
        event.conversations.every(({ id }) => next[id] === byId[id])
      return isSame ? byId : next
    }
    case 'upsert': {
      const next = event.conversation
      return same(byId[next.id], next) ? byId : { ...byId, [next.id]: next }
    }
    case 'removed': {
      if (!Object.hasOwn(byId, event.id)) return byId
      const { [event.id]: _removed, ...others } = byId
      return others
    }
  }
}

/** The list after some events, which is put in order once; the same reference when they change nothing. */
export function applyListEvents(state: ListState, events: readonly ConversationListEvent[]): ListState {
  const byId = events.reduce(applied, state.byId)
  return byId === state.byId && state.status === 'ready' ? state : withConversations(state, byId)
}

/** The list after one event. */
export const applyListEvent = (state: ListState, event: ConversationListEvent): ListState =>
  applyListEvents(state, [event])

const days = { today: t`Today`, yesterday: t`Yesterday`, earlier: t`Earlier` } as const
type Day = keyof typeof days

/** A heading of the list with its conversations, newest first. */
export interface Group {
  readonly label: string
  /** Unset: it is none. */
  readonly folder?: Folder
  readonly ids: readonly string[]
}

const startOfDay = (time: number): number => new Date(time).setHours(0, 0, 0, 0)

/**
 * Groups conversations by the day of their last change, in local time; empty groups are left out.
 *
 * @param updatedAt Time of a conversation's last change in ms since 1970.
 * @param now The present in ms since 1970.
 */
export function groupByDay(ids: readonly string[], updatedAt: (id: string) => number, now: number): Group[] {
  const today = startOfDay(now)
  const yesterday = startOfDay(today - 1)
  const groups: Record<Day, string[]> = { today: [], yesterday: [], earlier: [] }
  for (const id of ids) {
    const time = updatedAt(id)
    groups[time >= today ? 'today' : time >= yesterday ? 'yesterday' : 'earlier'].push(id)
  }
  return (['today', 'yesterday', 'earlier'] as const).flatMap((day) =>
    groups[day].length > 0 ? [{ label: days[day], ids: groups[day] }] : [],
  )
}

/** A stretch of a search snippet; `hit` is what was searched for. */
export interface SnippetPiece {
  readonly text: string
  readonly hit: boolean
}

/** Splits a snippet at its marks: \u0002 begins a hit, \u0003 ends it. */
export function splitSnippet(snippet: string): SnippetPiece[] {
  const pieces: SnippetPiece[] = []
  let hit = false
  for (const text of snippet.split(/([\u0002\u0003])/)) {
    if (text === '\u0002') hit = true
    else if (text === '\u0003') hit = false
    else if (text !== '') pieces.push({ text, hit })
  }
  return pieces
}

/** Up and down arrows go through the conversations, Home and End to the first and the last that are shown. */
export function walk(event: KeyboardEvent<HTMLElement>): void {
  const from = event.target as Element
  if (event.ctrlKey || event.metaKey || event.altKey || !from.matches('[data-conversation-link]')) return
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-conversation-link]')]
  const at = links.indexOf(from as HTMLElement)
  const places: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }
  const to = places[event.key]
  if (to === undefined) return
  event.preventDefault()
  links[to]?.focus()
}
