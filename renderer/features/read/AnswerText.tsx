import { useMemo, useState, type ReactNode } from 'react'
import type { Message } from '#contract'
import { GroundedPicture } from '../../components/GroundedPicture.tsx'
import { Markdown } from '../../components/Markdown.tsx'
import { MarkContext } from '../../components/MarkLink.tsx'
import { linkAnswer } from '../../lib/grounding/index.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'
import { groundAnswer, picturesBefore } from './grounded.ts'
import { progressText } from './progress.ts'
import { textOf } from './state.ts'
import { useRead } from './store.ts'

/** What the engine is doing, then the text as it comes. The only part of the window that changes with every token. */
export function AnswerText({ message }: { message: Message }): ReactNode {
  const draft = useRead((state) => state.drafts[message.id])
  const progress = useRead((state) => state.progress[message.id])
  const streaming = message.status === 'streaming'
  const text = draft ?? textOf(message)
  if (text === '' && streaming) {
    return (
      <p role="status" aria-live="off" data-testid="progress" className="flex h-6 items-center gap-2.5 text-read text-muted tabular-nums">
        <span className="relative block h-0.5 w-8 overflow-hidden rounded-full">
          <span className="work-edge" />
        </span>
        {progressText(progress)}
      </p>
    )
  }
  if (text === '') return message.status === 'complete' ? <p className="text-read text-muted">The model gave an empty answer.</p> : null
  return <GroundedText message={message} text={text} />
}

/** The words of an answer, and under them the pictures on which it names places. */
function GroundedText({ message, text }: { message: Message; text: string }): ReactNode {
  const host = useHost((state) => state.host)
  const order = useRead((state) => state.order)
  const [highlighted, setHighlighted] = useState<number | null>(null)
  const streaming = message.status === 'streaming'
  const pictures = useMemo(() => picturesBefore({ order, messages: useRead.getState().messages }, message), [order, message])
  const grounding = useMemo(() => groundAnswer(text, message, pictures), [text, message, pictures])
  const { marks, space } = grounding
  const links = useMemo(() => ({ count: marks.length, highlighted, onHighlight: setHighlighted }), [marks.length, highlighted])
  return (
    <MarkContext value={links}>
      <div data-testid="answer-text">
        <Markdown text={linkAnswer(text, marks, [], streaming)} partial={message.status !== 'complete'} streaming={streaming} />
      </div>
      {grounding.pictures.map(({ attachment, views, marks: own, numbers }) => (
        <GroundedPicture
          key={attachment.sha}
          picture={{ name: attachment.name, url: pictureUrl(host, attachment.sha) ?? '', views, space, marks: own, numbers }}
          highlighted={highlighted}
          onHighlight={setHighlighted}
        />
      ))}
    </MarkContext>
  )
}
