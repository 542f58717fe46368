import { create } from 'zustand'

/** The place in the window, as its address says. */
export interface Route {
  /** The open conversation; null: a new one. It stays open behind a page. */
  readonly conversationId: string | null
  /** A page that takes the conversation's place, e.g. "models/get"; null: the conversation is shown. */
  readonly page: string | null
}

/** The place as the address names it, so that a reload returns to it. */
function read(): Partial<Route> {
  const path = window.location.hash.replace(/^#\/?/, '')
  const [, id] = /^c\/(.+)$/.exec(path) ?? []
  if (id) return { conversationId: decodeURIComponent(id), page: null }
  return path === '' ? { conversationId: null, page: null } : { page: path }
}

export const useRoute = create<Route>(() => ({ conversationId: null, page: null }))

function go(hash: string, place: Partial<Route>): void {
  if (window.location.hash !== hash) window.location.hash = hash
  useRoute.setState(place)
}

/** Opens a conversation; null opens a new one. */
export function openConversation(conversationId: string | null): void {
  go(conversationId === null ? '#/' : `#/c/${encodeURIComponent(conversationId)}`, { conversationId, page: null })
}

/** Opens a page in the place of the conversation, which stays where it is behind it. */
export const openPage = (page: string): void => go(`#/${page}`, { page })

/** Back from a page to the conversation behind it. */
export const closePage = (): void => openConversation(useRoute.getState().conversationId)

/** Takes over what the address says now and whenever it changes. */
export function followAddress(signal: AbortSignal): void {
  const sync = (): void => useRoute.setState(read())
  window.addEventListener('hashchange', sync, { signal })
  sync()
}
