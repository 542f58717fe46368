import { Braces } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Message, Part } from '#contract'
import { PictureViewer } from '../../components/pictures/PictureViewer.tsx'
import type { ViewedPicture } from '../../components/pictures/viewerZoom.ts'
import { pictureUrl, useHost } from '../../lib/host.ts'
import { Branches } from './Branches.tsx'
import { PictureBlock } from './PictureBlock.tsx'
import { QuestionText } from './QuestionText.tsx'
import { videoId, type VideoPart } from './video/seenVideo.ts'
import { VideoBlock } from './video/VideoBlock.tsx'

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
    else if (part.type !== 'image') runs.push({ part, place })
    else if (Array.isArray(last)) last.push(part)
    else runs.push([part])
  })
  return runs
}

/** A question: its parts in the order in which they were sent. A click on a picture opens it. */
export function Question({ message }: { message: Message }): ReactNode {
  const host = useHost((state) => state.host)
  const [viewed, setViewed] = useState<number | null>(null)
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
          <QuestionText key={index} text={run} />
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
