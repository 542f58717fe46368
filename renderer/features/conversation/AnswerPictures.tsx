import type { Message } from '#contract'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { PictureViewer } from '../../components/pictures/PictureViewer.tsx'
import { pictureUrl, useHost } from '../../lib/host.ts'
import { PictureBlock } from './PictureBlock.tsx'

/** The pictures of an answer, which only imported ones have: another program's model made them. */
export function AnswerPictures({ message }: { message: Message }): ReactNode {
  const host = useHost((state) => state.host)
  const [viewed, setViewed] = useState<number | null>(null)
  const images = message.parts.filter((part) => part.type === 'image')
  if (images.length === 0) return null
  const pictures = images.map(({ attachment }) => ({
    ...attachment,
    url: pictureUrl(host, attachment.sha) ?? '',
    marks: [],
  }))
  return (
    <div className="flex flex-wrap gap-2">
      {images.map(({ attachment }, number) => (
        <PictureBlock
          key={number}
          attachment={attachment}
          marks={[]}
          number={null}
          small={images.length > 1}
          onOpen={() => setViewed(number)}
        />
      ))}
      <PictureViewer pictures={pictures} index={viewed} onIndexChange={setViewed} />
    </div>
  )
}
