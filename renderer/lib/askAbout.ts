import { createContext } from 'react'

/** Puts a picture into the question that is being composed; null where there is none. */
export const AskAboutContext = createContext<((picture: File) => void) | null>(null)
