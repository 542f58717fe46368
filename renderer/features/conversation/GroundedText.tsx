import type { Message } from '#contract'
import { use, useEffect, useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import { ActionSteps } from '../../components/answers/ActionSteps.tsx'
import { Markdown } from '../../components/answers/Markdown.tsx'
import { StructuredAnswer } from '../../components/answers/StructuredAnswer.tsx'
import { GroundedPicture } from '../../components/marks/GroundedPicture.tsx'
import { MarkContext } from '../../components/marks/MarkLink.tsx'
import { MarkLegend } from '../../components/marks/MarkOverlay.tsx'
import { AskAboutContext, cropPicture } from '../../components/pictures/cropPicture.ts'
import { TimeContext } from '../../components/video/TimeLink.tsx'
import { announce } from '../../lib/announce.ts'
import { findTimes, linkAnswer, stretchOf, timesInCode } from '../../lib/grounding/index.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'
import { groundAnswer, isInText, mediaSeen } from './grounded.ts'
import type { MarkedPicture, MarkedVideo } from './grounded.ts'
import { showInput } from './modelInput/opening.ts'
import { useMediaBefore } from './mediaBefore.ts'
import { useNumbered, useOpenConversation } from './store.ts'
import { TimeRow, drawOnVideo } from './video/VideoBlock.tsx'
import type { TimedMark } from './video/VideoBlock.tsx'
import { playFrom, videoAmong } from './video/seenVideo.ts'

const none: ReadonlySet<number> = new Set()

/**
 * The words of an answer, or its table where a format was chosen, and under them the pictures on which it names places.
 */
export function GroundedText({ message, text }: { message: Message; text: string }): ReactNode {
  const host = useHost((state) => state.host)
  const isNumbered = useNumbered()
  const format = useOpenConversation((state) =>
    message.parentId === null ? null : (state.messages[message.parentId]?.format ?? null),
  )
  const askAbout = use(AskAboutContext)
  const [rested, setRested] = useState<number | null>(null)
  const [selected, setSelected] = useState<number | null>(null)
  const streaming = message.status === 'streaming'
  // an answer without a number names neither a place nor a time
  const before = useMediaBefore(message, (message.seen?.media.length ?? 0) > 0 && /\d/.test(text))
  const media = useMemo(() => mediaSeen(before, message), [before, message])
  const grounding = useMemo(() => groundAnswer(text, message, media), [text, message, media])
  const { marks, space } = grounding
  const steps = format ? null : grounding.steps
  const highlighted = rested ?? selected
  const hasLegend = format !== null || (!steps && marks.some((mark) => !isInText(text, mark)))
  const video = useMemo(() => videoAmong(before), [before])
  const times = useMemo(() => (video ? findTimes(text, video.durationMs / 1000) : []), [text, video])
  const player = useMemo(
    () =>
      video && {
        play: (from: number, to: number | null) =>
          playFrom(video.id, video.startMs + from * 1000, to === null ? null : video.startMs + to * 1000),
      },
    [video],
  )
  const onVideos = useMemo(
    () => grounding.videos.map((on) => ({ ...on, timed: timedMarks(on, (mark) => stretchOf(text, mark, times)) })),
    [grounding, text, times],
  )
  const select = (index: number): void => {
    setSelected((now) => (now === index ? null : index))
    for (const { id, startMs, timed } of onVideos) {
      const stretch = timed.find(({ number }) => number === index)?.stretch
      if (stretch) playFrom(id, startMs + stretch.from * 1000, startMs + stretch.from * 1000)
    }
  }
  const links = { count: marks.length, highlighted, onHighlight: setRested, onSelect: select }
  useEffect(() => {
    const ends = onVideos.map(({ id, views, timed }) =>
      drawOnVideo(id, { answerId: message.id, original: views.original, marks: timed, highlighted }),
    )
    return () => ends.forEach((end) => end())
  }, [onVideos, message.id, highlighted])
  const urlOf = ({ attachment }: MarkedPicture): string => pictureUrl(host, attachment.sha) ?? ''
  const crop = async (on: MarkedPicture, number: number): Promise<void> => {
    const mark = on.marks[on.numbers.indexOf(number)]
    if (mark?.shape.type !== 'box' || !askAbout) return
    try {
      askAbout(
        await cropPicture(
          { url: urlOf(on), name: on.attachment.name, size: on.views.original },
          mark.shape,
          mark.label,
        ),
      )
      announce('The part was added to the question')
    } catch (thrown) {
      announce(thrown instanceof Error ? thrown.message : 'The part could not be cut out.')
    }
  }
  return (
    <MarkContext value={links}>
      <TimeContext value={player}>
        <div data-testid="answer-text" data-said>
          {format ? (
            <StructuredAnswer
              text={text}
              name={format.name}
              streaming={streaming}
              marks={marks}
              highlighted={highlighted}
              onHighlight={setRested}
            />
          ) : steps ? (
            <ActionSteps
              answer={steps}
              numbers={steps.numbers}
              partial={message.status !== 'complete'}
              streaming={streaming}
            />
          ) : (
            <Markdown
              text={linkAnswer(text, marks, times, streaming)}
              partial={message.status !== 'complete'}
              streaming={streaming}
            />
          )}
        </div>
        {steps ? null : <TimeRow text={text} times={format ? times : timesInCode(text, times)} />}
      </TimeContext>
      {hasLegend
        ? onVideos.map(({ id, timed }) => (
            <div key={id} className="overflow-hidden rounded-lg border border-hairline *:border-t-0">
              <MarkLegend
                marks={timed}
                hidden={none}
                highlighted={highlighted}
                onHighlight={setRested}
                onSelect={select}
              />
            </div>
          ))
        : null}
      {grounding.pictures.map((on) => (
        <GroundedPicture
          key={on.attachment.sha}
          picture={{
            name: on.attachment.name,
            number: isNumbered ? on.number : null,
            url: urlOf(on),
            views: on.views,
            space,
            marks: on.marks,
            numbers: on.numbers,
            screen: on.screen,
          }}
          highlighted={highlighted}
          selected={selected}
          hasLegend={hasLegend}
          onHighlight={setRested}
          onSelect={select}
          onCrop={askAbout && ((number) => void crop(on, number))}
          onInput={() => showInput({ ...on.place, answerId: message.id })}
        />
      ))}
    </MarkContext>
  )
}

/** The marks on a video with the stretches of its time in which they are there. */
function timedMarks(
  { marks, numbers }: MarkedVideo,
  stretch: (mark: MarkedVideo['marks'][number]) => TimedMark['stretch'],
): TimedMark[] {
  return marks.map((mark, i) => ({ shape: mark.shape, label: mark.label, number: numbers[i]!, stretch: stretch(mark) }))
}
