import type { Message, Part, PictureMark } from '#contract'
import { Braces, ListChecks } from 'lucide-react'
import { use, useState } from 'react'
import type { ReactNode } from 'react'
import { PictureViewer } from '../../components/pictures/PictureViewer.tsx'
import { AskAboutContext, cropPicture } from '../../components/pictures/cropPicture.ts'
import { textOf } from '../../components/pictures/viewerGeometry.ts'
import type { ViewedPicture } from '../../components/pictures/viewerGeometry.ts'
import { announce } from '../../lib/announce.ts'
import { ComposingContext } from '../../lib/composing.ts'
import { useFinding } from '../../lib/finding.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'
import { numbersOf } from '../../lib/conversation/numbers.ts'
import { PictureBlock } from './PictureBlock.tsx'
import { showInput } from './modelInput/opening.ts'
import { QuestionActions } from './QuestionActions.tsx'
import { useNumbered } from './store.ts'
import { VideoBlock } from './video/VideoBlock.tsx'
import { videoId } from './video/seenVideo.ts'
import type { VideoPart } from './video/seenVideo.ts'

type Box = Extract<PictureMark, { type: 'box' }>
type ImagePart = Extract<Part, { type: 'image' }>

interface VideoRun {
  readonly part: VideoPart
  readonly place: number
}

/** Neighbouring pictures stand side by side; texts and videos stand on their own. */
function inRuns(parts: readonly Part[]): (string | VideoRun | ImagePart[])[] {
  const runs: (string | VideoRun | ImagePart[])[] = []
  parts.forEach((part, place) => {
    const last = runs.at(-1)
    if (part.type === 'text') runs.push(part.text)
    else if (part.type === 'video' || part.type === 'frames') runs.push({ part, place })
    else if (part.type === 'reasoning') return
    else if (Array.isArray(last)) last.push(part)
    else runs.push([part])
  })
  return runs
}

/** A question: its parts in the order in which they were sent. A click on a picture opens it. */
export function Question({ message }: { message: Message }): ReactNode {
  const host = useHost((state) => state.host)
  const [viewed, setViewed] = useState<number | null>(null)
  const isFound = useFinding(({ finding }) => finding?.messageId === message.id)
  const askAbout = use(AskAboutContext)
  const composing = use(ComposingContext)
  /** What the reader marks on the pictures, by their places, to ask about it; the question's own marks stay. */
  const [regions, setRegions] = useState<Readonly<Record<number, readonly PictureMark[]>>>({})
  const images = message.parts.filter((part) => part.type === 'image')
  const isNumbered = useNumbered()
  const numbers = numbersOf(message)
  const numberOf = (part: Part): number | null => (isNumbered ? numbers[message.parts.indexOf(part)]! : null)
  const showInputOf = (part: ImagePart): void => showInput({ messageId: message.id, part: message.parts.indexOf(part) })
  const pictures = images.map(
    (part, index): ViewedPicture => ({
      ...part.attachment,
      url: pictureUrl(host, part.attachment.sha) ?? '',
      number: numberOf(part),
      sentMarks: part.marks ?? [],
      marks: regions[index] ?? [],
      ...textOf(part.attachment),
    }),
  )
  const mark = (index: number, marks: readonly PictureMark[]): void => setRegions({ ...regions, [index]: marks })
  const crop = async (number: number, { x1, y1, x2, y2, label }: Box): Promise<void> => {
    const picture = pictures[number]
    if (!picture || !askAbout) return
    const { width, height, name, url } = picture
    const shape = { type: 'box', x1: x1 * width, y1: y1 * height, x2: x2 * width, y2: y2 * height } as const
    try {
      askAbout(await cropPicture({ url, name, size: { width, height } }, shape, label))
      setViewed(null)
      setRegions({})
      announce('The part was added to the question')
    } catch (thrown) {
      announce(thrown instanceof Error ? thrown.message : 'The part could not be cut out.')
    }
  }
  return (
    <article
      aria-label="Question"
      data-message-id={message.id}
      className="group/question flex flex-col items-end gap-2"
    >
      {inRuns(message.parts).map((run, index) =>
        typeof run === 'string' ? (
          <QuestionText key={index} text={run} isFound={isFound} />
        ) : !Array.isArray(run) ? (
          <VideoBlock
            key={index}
            id={videoId(message.id, run.place)}
            part={run.part}
            number={numberOf(run.part)}
            onInput={() => showInput({ messageId: message.id, part: run.place })}
          />
        ) : (
          <div key={index} className="flex max-w-[min(560px,100%)] flex-wrap justify-end gap-2">
            {run.map((part) => {
              const index = images.indexOf(part)
              return (
                <PictureBlock
                  key={index}
                  attachment={part.attachment}
                  marks={part.marks ?? []}
                  number={numberOf(part)}
                  small={images.length > 1}
                  onOpen={() => setViewed(index)}
                  onInput={() => showInputOf(part)}
                />
              )
            })}
          </div>
        ),
      )}
      {message.job ? (
        <p className="flex items-center gap-1.5 text-small text-muted [&>svg]:size-3.5">
          <ListChecks aria-hidden />
          {message.job.label}
        </p>
      ) : null}
      {message.format ? (
        <p className="flex items-center gap-1.5 text-small text-muted [&>svg]:size-3.5">
          <Braces aria-hidden />
          Answer as: {message.format.name}
        </p>
      ) : null}
      <QuestionActions message={message} />
      <PictureViewer
        pictures={pictures}
        index={viewed}
        onIndexChange={setViewed}
        onMarks={askAbout ? mark : undefined}
        onCrop={askAbout ? (number, box) => void crop(number, box) : undefined}
        onInput={(index) => showInputOf(images[index]!)}
        onQuote={composing?.quote}
      />
    </article>
  )
}

/** From this length on, in characters or lines, a question is folded. */
const LONG = { characters: 1_200, lines: 16 } as const

/** The words of a question as they were typed; long ones are folded until asked for, or something in them was found. */
function QuestionText({ text, isFound }: { text: string; isFound: boolean }): ReactNode {
  const [chosen, setWhole] = useState<boolean | null>(null)
  const whole = chosen ?? isFound
  const long = text.length > LONG.characters || text.split('\n').length > LONG.lines
  return (
    <div className="max-w-[min(560px,88%)] rounded-lg bg-sunken px-3.5 py-2">
      <p
        dir="auto"
        data-said
        className={`text-read whitespace-pre-wrap [overflow-wrap:anywhere] ${long && !whole ? 'line-clamp-12 print:line-clamp-none' : ''}`}
      >
        {text}
      </p>
      {long ? (
        <button
          type="button"
          aria-expanded={whole}
          onClick={() => setWhole(!whole)}
          className="mt-1 text-accent underline print:hidden decoration-1 underline-offset-2 hover:text-accent-strong"
        >
          {whole ? 'Show less' : 'Show all'}
        </button>
      ) : null}
    </div>
  )
}
