import { useEffect } from 'react'
import { flushSync } from 'react-dom'
import { create } from 'zustand'

/** Whether the open conversation is being printed, and has to be there in full: also what lies far from what is seen. */
export const usePrinting = create<{ isPrinting: boolean }>(() => ({ isPrinting: false }))

const set = (isPrinting: boolean): void => flushSync(() => usePrinting.setState({ isPrinting }))

/** Has the whole conversation drawn when the browser prints, whoever asked for that. */
export function usePrintsWhole(): void {
  useEffect(() => {
    const before = (): void => set(true)
    const after = (): void => set(false)
    window.addEventListener('beforeprint', before)
    window.addEventListener('afterprint', after)
    return () => {
      window.removeEventListener('beforeprint', before)
      window.removeEventListener('afterprint', after)
    }
  }, [])
}

/** How long pictures that do not come are waited for, in ms. */
const PICTURES_MS = 10_000

/** Prints the open conversation once its pictures are there; a printer of the system may be a PDF file. */
export async function printConversation(): Promise<void> {
  set(true)
  try {
    const pictures = [...document.querySelectorAll<HTMLImageElement>('main img')]
    for (const picture of pictures) picture.loading = 'eager'
    const patience = new Promise<void>((resolve) => setTimeout(resolve, PICTURES_MS))
    // one that cannot be shown is printed as that
    await Promise.race([patience, Promise.all(pictures.map((picture) => picture.decode().catch(() => {})))])
    window.print()
  } finally {
    set(false)
  }
}
