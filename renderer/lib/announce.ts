import { create } from 'zustand'

/** The last thing to be read out by screen readers. */
export const useAnnouncement = create<{ text: string }>(() => ({ text: '' }))

/** Has a screen reader say `text` when it next pauses. */
export const announce = (text: string): void => useAnnouncement.setState({ text })
