import { use, useMemo, useState, type ReactNode } from 'react'
import type { Message } from '#contract'
import { cropPicture } from '../../components/cropPicture.ts'
import { GroundedPicture } from '../../components/GroundedPicture.tsx'
import { Markdown } from '../../components/Markdown.tsx'
import { MarkContext } from '../../components/MarkLink.tsx'
import { StructuredAnswer } from '../../components/structured/StructuredAnswer.tsx'
import { TimeContext } from '../../components/TimeLink.tsx'
import { announce } from '../../lib/announce.ts'
import { AskAboutContext } from '../../lib/askAbout.ts'
import { findTimes, linkAnswer, timesInCode } from '../../lib/grounding/index.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'
import { groundAnswer, isInWords, picturesBefore, type MarkedPicture } from './grounded.ts'
import { useRead } from './store.ts'
import { playFrom } from './video/playback.ts'
import { videoBefore } from './video/seenVideo.ts'
import { TimeRow } from './video/TimeRow.tsx'

/** The words of an answer, or its table where a format was chosen, and under them the pictures on which it names places. */
export function GroundedText({ message, text }: { message: Message; text: string }): ReactNode {
  const host = useHost((state) => state.host)
  const order = useRead((state) => state.order)
  const format = useRead((state) => (message.parentId === null ? null : (state.messages[message.parentId]?.format ?? null)))
  const askAbout = use(AskAboutContext)
  const [rested, setRested] = useState<number | null>(null)
  const [selected, setSelected] = useState<number | null>(null)
  const streaming = message.status === 'streaming'
  const pictures = useMemo(() => picturesBefore({ order, messages: useRead.getState().messages }, message), [order, message])
  const grounding = useMemo(() => groundAnswer(text, message, pictures), [text, message, pictures])
  const { marks, space } = grounding
  const highlighted = rested ?? selected
  const select = (index: number): void => setSelected((now) => (now === index ? null : index))
  const links = useMemo(() => ({ count: marks.length, highlighted, onHighlight: setRested, onSelect: select }), [marks.length, highlighted])
  const hasLegend = format !== null || marks.some((mark) => !isInWords(text, mark))
  const video = useMemo(() => videoBefore({ order, messages: useRead.getState().messages }, message), [order, message])
  const times = useMemo(() => (video ? findTimes(text, video.durationMs / 1000) : []), [text, video])
  const player = useMemo(() => video && { play: (from: number, to: number | null) => playFrom(video.id, video.startMs + from * 1000, to === null ? null : video.startMs + to * 1000) }, [video])
  const urlOf = ({ attachment }: MarkedPicture): string => pictureUrl(host, attachment.sha) ?? ''
  const crop = async (on: MarkedPicture, number: number): Promise<void> => {
    const mark = on.marks[on.numbers.indexOf(number)]
    if (mark?.shape.type !== 'box' || !askAbout) return
    try {
      askAbout(await cropPicture({ url: urlOf(on), name: on.attachment.name, size: on.views.original }, mark.shape, mark.label))
      announce('The part was added to the question')
    } catch (thrown) {
      announce(thrown instanceof Error ? thrown.message : 'The part could not be cut out.')
    }
  }
  return (
    <MarkContext value={links}>
      <TimeContext value={player}>
        <div data-testid="answer-text">
          {format ? (
            <StructuredAnswer text={text} name={format.name} streaming={streaming} marks={marks} highlighted={highlighted} onHighlight={setRested} />
          ) : (
            <Markdown text={linkAnswer(text, marks, times, streaming)} partial={message.status !== 'complete'} streaming={streaming} />
          )}
        </div>
        <TimeRow text={text} times={format ? times : timesInCode(text, times)} />
      </TimeContext>
      {grounding.pictures.map((on) => (
        <GroundedPicture
          key={on.attachment.sha}
          picture={{ name: on.attachment.name, url: urlOf(on), views: on.views, space, marks: on.marks, numbers: on.numbers }}
          highlighted={highlighted}
          selected={selected}
          hasLegend={hasLegend}
          onHighlight={setRested}
          onSelect={select}
          onCrop={askAbout && ((number) => void crop(on, number))}
        />
      ))}
    </MarkContext>
  )
}
