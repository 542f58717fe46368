import type { Attachment, Message, Part, PictureMark } from '#contract'
import { Braces, ImageOff, Info, ListChecks } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { MarkOutlines } from '../../components/pictures/MarkOutlines.tsx'
import { PictureViewer } from '../../components/pictures/PictureViewer.tsx'
import type { ViewedPicture } from '../../components/pictures/viewerGeometry.ts'
import { NumberBadge } from '../../components/primitives/Badge.tsx'
import { useFinding } from '../../lib/finding.ts'
import { bytes } from '../../lib/format.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'
import { Branches } from './AnswerActions.tsx'
import { VideoBlock } from './video/VideoBlock.tsx'
import { videoId } from './video/seenVideo.ts'
import type { VideoPart } from './video/seenVideo.ts'

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
  const images = message.parts.filter((part) => part.type === 'image')
  const pictures = images.map(
    ({ attachment, marks = [] }): ViewedPicture => ({
      ...attachment,
      url: pictureUrl(host, attachment.sha) ?? '',
      marks,
    }),
  )
  return (
    <article aria-label="Question" data-message-id={message.id} className="flex flex-col items-end gap-2">
      {inRuns(message.parts).map((run, index) =>
        typeof run === 'string' ? (
          <QuestionText key={index} text={run} isFound={isFound} />
        ) : !Array.isArray(run) ? (
          <VideoBlock key={index} id={videoId(message.id, run.place)} part={run.part} />
        ) : (
          <div key={index} className="flex max-w-[min(560px,100%)] flex-wrap justify-end gap-2">
            {run.map((part) => {
              const number = images.indexOf(part)
              return (
                <PictureBlock
                  key={number}
                  attachment={part.attachment}
                  marks={part.marks ?? []}
                  number={images.length > 1 ? number + 1 : null}
                  small={images.length > 1}
                  onOpen={() => setViewed(number)}
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
      <Branches message={message} />
      <PictureViewer pictures={pictures} index={viewed} onIndexChange={setViewed} />
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
        className={`text-read whitespace-pre-wrap [overflow-wrap:anywhere] ${long && !whole ? 'line-clamp-12' : ''}`}
      >
        {text}
      </p>
      {long ? (
        <button
          type="button"
          aria-expanded={whole}
          onClick={() => setWhole(!whole)}
          className="mt-1 text-accent underline decoration-1 underline-offset-2 hover:text-accent-strong"
        >
          {whole ? 'Show less' : 'Show all'}
        </button>
      ) : null}
    </div>
  )
}

/** Size in px at which a picture is shown within `max`, keeping its shape; its long side is never below 96. */
function shownSize({ width, height }: Attachment, max: number): { width: number; height: number } {
  const scale = Math.min(max / width, max / height, Math.max(1, 96 / Math.max(width, height)))
  return { width: Math.max(24, Math.round(width * scale)), height: Math.max(24, Math.round(height * scale)) }
}

/**
 * A picture of a question, with what was drawn on it, as a block that opens the viewer; its space is kept while it
 * loads.
 */
function PictureBlock({
  attachment,
  marks,
  number,
  small,
  onOpen,
}: {
  attachment: Attachment
  marks: readonly PictureMark[]
  number: number | null
  small: boolean
  onOpen: () => void
}): ReactNode {
  const host = useHost((state) => state.host)
  const [missing, setMissing] = useState(false)
  const notes = attachment.kind === 'image' ? (attachment.notes ?? []) : []
  const size = shownSize(attachment, small ? 200 : 320)
  return (
    <button
      type="button"
      onClick={onOpen}
      disabled={missing}
      data-file={attachment.name}
      aria-label={`Open picture${number === null ? '' : ` ${number}`}: ${attachment.name}${marks.length === 0 ? '' : `, with ${marks.map(({ label }) => label || 'a mark').join(', ')}`}`}
      title={`${attachment.name} · ${attachment.width} × ${attachment.height} · ${bytes(attachment.bytes)}${notes.map((note) => `\n${note}`).join('')}`}
      className="relative flex flex-col self-start overflow-hidden rounded-lg border border-hairline bg-mat"
    >
      {missing ? (
        <span className="flex flex-col items-center justify-center gap-1 p-4 text-small text-muted" style={size}>
          <ImageOff className="size-5" aria-hidden />
          The file is missing
        </span>
      ) : (
        <span className="relative self-center">
          <img
            src={pictureUrl(host, attachment.sha, 'thumb')}
            alt={attachment.name}
            width={size.width}
            height={size.height}
            className="block max-w-full object-contain"
            decoding="async"
            onError={() => setMissing(host !== null)}
          />
          <MarkOutlines marks={marks} labels />
        </span>
      )}
      {missing || notes.length === 0 ? null : (
        <span
          className="flex w-0 min-w-full items-start gap-1 border-t border-hairline bg-raised px-1.5 py-1 text-left text-small text-muted [&>svg]:mt-0.5 [&>svg]:size-3 [&>svg]:shrink-0"
          data-testid="picture-notes"
        >
          <Info aria-hidden />
          <span className="min-w-0">{notes.join(' ')}</span>
        </span>
      )}
      {number === null ? null : <NumberBadge number={number} />}
    </button>
  )
}
