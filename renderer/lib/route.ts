import { create } from 'zustand'

const read = (): string | null => {
  const match = /^#\/c\/(.+)$/.exec(window.location.hash)
  return match?.[1] ? decodeURIComponent(match[1]) : null
}

/** The open conversation, kept in the address so that a reload returns to it. null: a new conversation. */
export const useRoute = create<{ conversationId: string | null }>(() => ({ conversationId: null }))

/** Opens a conversation; null opens a new one. */
export function openConversation(conversationId: string | null): void {
  const hash = conversationId === null ? '#/' : `#/c/${encodeURIComponent(conversationId)}`
  if (window.location.hash !== hash) window.location.hash = hash
  useRoute.setState({ conversationId })
}

/** Takes over what the address says now and whenever it changes. */
export function followAddress(signal: AbortSignal): void {
  const sync = (): void => useRoute.setState({ conversationId: read() })
  window.addEventListener('hashchange', sync, { signal })
  sync()
}
