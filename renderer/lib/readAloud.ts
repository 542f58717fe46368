import { create } from 'zustand'

/** Which message is read aloud by the system's voice, and whether there is one. */
interface Reading {
  readonly canRead: boolean
  readonly messageId: string | null
}

const voice = (): SpeechSynthesis | undefined => globalThis.speechSynthesis

export const useReadAloud = create<Reading>(() => ({
  canRead: (voice()?.getVoices().length ?? 0) > 0,
  messageId: null,
}))

// voices come after the page, and may go
voice()?.addEventListener?.('voiceschanged', () =>
  useReadAloud.setState({ canRead: (voice()?.getVoices().length ?? 0) > 0 }),
)

/** Ends what is read aloud. */
export function stopReading(): void {
  voice()?.cancel()
  useReadAloud.setState({ messageId: null })
}

/** So much is given to a voice at once, in characters: some fall silent within longer texts. */
const TOGETHER = 200

/** A text in pieces that end with a sentence, or a word where one is long. */
export function spokenPieces(text: string): string[] {
  const pieces: string[] = []
  for (const sentence of text.split(/(?<=[.!?…。！？])\s*|\n+/u)) {
    let rest = sentence.trim()
    while (rest.length > TOGETHER) {
      const end = rest.lastIndexOf(' ', TOGETHER)
      const at = end > 0 ? end : TOGETHER
      pieces.push(rest.slice(0, at).trim())
      rest = rest.slice(at).trim()
    }
    if (rest !== '') pieces.push(rest)
  }
  return pieces
}

/** Reads a message aloud; whatever was being read ends. */
export function readAloud(messageId: string, text: string): void {
  const synthesis = voice()
  if (!synthesis) return
  stopReading()
  const pieces = spokenPieces(text)
  if (pieces.length === 0) return
  useReadAloud.setState({ messageId })
  const isCurrent = (): boolean => useReadAloud.getState().messageId === messageId
  pieces.forEach((piece, i) => {
    const utterance = new SpeechSynthesisUtterance(piece)
    if (i === pieces.length - 1) utterance.onend = () => isCurrent() && useReadAloud.setState({ messageId: null })
    utterance.onerror = () => isCurrent() && useReadAloud.setState({ messageId: null })
    synthesis.speak(utterance)
  })
}
