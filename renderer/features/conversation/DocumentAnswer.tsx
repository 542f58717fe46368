import type { AnswerParser, Message } from '#contract'
import { useMemo } from 'react'
import type { ReactNode } from 'react'
import { Document } from '../../components/answers/Document.tsx'
import type { PagePicture } from '../../components/answers/Document.tsx'
import type { OpenConversation } from '../../lib/conversation/state.ts'
import { splitPages } from '../../lib/documents.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'
import { progressText } from './answerText.ts'
import { documentParser } from '../../lib/conversation/documentParser.ts'
import { useOpenConversation } from './store.ts'

/** Whether pages are left to be read in an answer: it is the last, of a job that reads them, and did not come to its end. */
export function canReadOn(state: OpenConversation, message: Message): boolean {
  const question = message.parentId === null ? undefined : state.messages[message.parentId]
  return (
    documentParser(message) !== null &&
    question?.job?.pages === 'each' &&
    state.order.at(-1) === message.id &&
    message.status !== 'complete' &&
    message.status !== 'streaming'
  )
}

/** An answer that is a document, with the pictures of its question beside its pages. */
export function DocumentAnswer({
  message,
  text,
  parser,
}: {
  message: Message
  text: string
  parser: AnswerParser
}): ReactNode {
  const host = useHost((state) => state.host)
  const question = useOpenConversation((state) =>
    message.parentId === null ? undefined : state.messages[message.parentId],
  )
  const isOfPair = useOpenConversation((state) => message.beside !== null || Object.hasOwn(state.others, message.id))
  const progress = useOpenConversation((state) => state.progress[message.id])
  const pictures = useMemo(() => {
    const shown = question?.parts.filter((part) => part.type === 'image') ?? []
    // earlier pictures of a conversation come first
    const media = message.seen?.media.slice(-Math.max(1, shown.length)) ?? []
    return shown.map(({ attachment }, i): PagePicture => {
      const { name, width, height, sha } = attachment
      const seen = media[i]?.width ? media[i] : null
      return { name, width, height, url: pictureUrl(host, sha) ?? '', seen }
    })
  }, [question, message.seen, host])
  const isStreaming = message.status === 'streaming'
  const isJob = pictures.length > 1
  const read = isStreaming && isJob ? splitPages(text).filter(({ isWhole }) => isWhole).length : 0
  const reading = isJob
    ? `Reading page ${Math.min(pictures.length, read + 1)} of ${pictures.length}`
    : 'Reading the page'
  return (
    <div data-testid="answer-text" data-said className="flex flex-col">
      <Document
        text={text}
        parser={parser}
        pictures={pictures}
        work={isStreaming ? (progress ? progressText(progress) : reading) : null}
        isWide={!isOfPair}
      />
    </div>
  )
}
