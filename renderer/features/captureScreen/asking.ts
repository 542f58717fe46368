import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { QuestionPart, Message, Progress } from '#contract'
import { nothingOpen, textOf, type OpenConversation } from '../../lib/conversation/state.ts'
import { watchConversation } from '../../lib/conversation/watch.ts'
import { whenHost } from '../../lib/host.ts'
import { call, connection } from '../../lib/rpc.ts'
import { upload } from '../../lib/upload.ts'

/** A question that the panel has sent: the ids of its conversation and of its answer. */
export interface PanelQuestion {
  readonly conversationId: string
  readonly answerId: string
}

const NAME = 'Screenshot.png'

/**
 * Asks about a captured picture, which is stored with the first question; later ones go on with the same conversation.
 * Rejects with AppError.
 */
export function createAsking(png: Blob): (question: string) => Promise<PanelQuestion> {
  let conversationId: string | null = null
  return async (question) => {
    const parts: QuestionPart[] = [{ type: 'text', text: question }]
    if (conversationId === null) {
      const { sha, name } = await upload(await whenHost(), new File([png], NAME, { type: 'image/png' }))
      parts.unshift({ type: 'image', sha, name })
    }
    const sent = await call((core) => core.ask.send({ conversationId, parts }))
    conversationId = sent.conversationId
    return { conversationId: sent.conversationId, answerId: sent.answerId }
  }
}

/** A question that is asked with one click: its words on the button, and those that are sent. */
export interface ReadyQuestion {
  readonly label: string
  readonly question: string
}

const languageName = (language: string): string => {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(language.split('-')[0] ?? 'en') ?? 'English'
  } catch {
    return 'English'
  }
}

/** Common questions about a part of the screen. `language` is the user's own, as a BCP 47 tag. */
export const readyQuestions = (language: string): readonly ReadyQuestion[] => [
  { label: 'Read the text', question: 'Read the text in this picture. Answer with the text only.' },
  { label: 'Explain this', question: 'Explain what this picture shows.' },
  { label: 'Translate', question: `Translate the text in this picture into ${languageName(language)}.` },
]

/** The answer that the panel shows. `isGone` says that its conversation has been removed. */
export interface PanelAnswer {
  readonly message: Message | null
  readonly text: string
  readonly progress: Progress | undefined
  readonly isGone: boolean
}

/** The answer to a question of the panel as it is written, whichever conversation the main window shows. */
export function usePanelAnswer(asked: PanelQuestion | null): PanelAnswer {
  const [store] = useState(() => createStore<OpenConversation>(() => nothingOpen))
  const { conversationId, answerId = '' } = asked ?? {}
  useEffect(() => {
    if (conversationId === undefined) return
    const stop = new AbortController()
    void watchConversation({ connection, id: conversationId, store, signal: stop.signal })
    return () => stop.abort()
  }, [conversationId, store])
  const { status, messages, drafts, progress } = useStore(store)
  const message = messages[answerId] ?? null
  return {
    message,
    text: drafts[answerId] ?? (message ? textOf(message) : ''),
    progress: progress[answerId],
    isGone: asked !== null && status === 'missing',
  }
}
