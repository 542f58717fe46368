import { t } from '@lingui/core/macro'
import { Play } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import blueSquare from '../../../resources/samples/blue-square.png'
import circleTurnsBlue from '../../../resources/samples/circle-turns-blue.mp4'
import fourShapes from '../../../resources/samples/four-shapes.png'
import greenStar from '../../../resources/samples/green-star.png'
import printedWord from '../../../resources/samples/printed-word.png'
import redCircle from '../../../resources/samples/red-circle.png'
import { announce } from '../../lib/announce.ts'

/** A picture or video that comes with the app. */
interface Sample {
  readonly url: string
  readonly name: string
  readonly type: 'image/png' | 'video/mp4'
}

/** A question worth trying first. */
interface Suggestion {
  readonly question: string
  readonly samples: readonly Sample[]
}

const picture = (url: string, name: string): Sample => ({ url, name, type: 'image/png' })

// what the demo model was taught to be asked, in English and in Chinese
const suggestions: readonly Suggestion[] = [
  { question: t`What is in the picture?`, samples: [picture(redCircle, 'red-circle.png')] },
  {
    question: t`What is in each picture?`,
    samples: [picture(blueSquare, 'blue-square.png'), picture(greenStar, 'green-star.png')],
  },
  {
    question: t`What happens in the video?`,
    samples: [{ url: circleTurnsBlue, name: 'circle-turns-blue.mp4', type: 'video/mp4' }],
  },
  { question: t`How many objects are there?`, samples: [picture(fourShapes, 'four-shapes.png')] },
  { question: t`Mark the blue star.`, samples: [picture(fourShapes, 'four-shapes.png')] },
  { question: t`What does it say?`, samples: [picture(printedWord, 'printed-word.png')] },
]

/** The file of a sample, as if it had been dropped. */
async function sampleFile({ url, name, type }: Sample): Promise<File> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(t`The sample ${name} is missing`)
  return new File([await response.blob()], name, { type })
}

/** The content of an empty conversation: an introduction, and questions on sample pictures that one click asks. */
export function Start({ onAsk }: { onAsk: (files: readonly File[], question: string) => Promise<void> }): ReactNode {
  const [busy, setBusy] = useState(false)
  const ask = async ({ samples, question }: Suggestion): Promise<void> => {
    setBusy(true)
    try {
      await onAsk(await Promise.all(samples.map(sampleFile)), question)
    } catch {
      announce(t`The sample could not be opened`)
    } finally {
      setBusy(false)
    }
  }
  return (
    <section aria-label={t`New conversation`} className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <div className="m-auto w-full max-w-[720px] px-4 py-8 mid:px-6">
        <h2 className="text-title font-semibold tracking-tight">{t`Ask about a picture or a video`}</h2>
        <p className="mt-1 max-w-[60ch] text-read text-muted">{t`Drop it anywhere in this window, paste it, or pick it below. Pictures and answers stay on this computer.`}</p>
        <ul aria-label={t`Suggestions`} className="mt-6 grid gap-3 mid:grid-cols-3">
          {suggestions.map((suggestion) => (
            <li key={suggestion.question}>
              <button
                type="button"
                disabled={busy}
                onClick={() => void ask(suggestion)}
                className="flex h-full w-full items-center gap-3 overflow-hidden rounded-lg border border-hairline bg-raised p-2 text-left enabled:hover:border-control enabled:hover:bg-hover disabled:opacity-60 mid:flex-col mid:items-stretch mid:p-0"
              >
                <span className="flex shrink-0 gap-1.5 mid:h-28 mid:items-center mid:justify-center mid:border-b mid:border-hairline mid:bg-mat">
                  {suggestion.samples.map((sample) => (
                    <SampleImage key={sample.name} sample={sample} />
                  ))}
                </span>
                <span className="mid:px-3 mid:pb-3">{suggestion.question}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </section>
  )
}

/** A sample picture, or the first frame of a sample video with a sign that it plays. */
function SampleImage({ sample: { url, type } }: { sample: Sample }): ReactNode {
  const className = 'size-10 rounded-md border border-hairline mid:size-20'
  if (type !== 'video/mp4') return <img src={url} alt="" width={80} height={80} className={className} />
  return (
    <span className="relative">
      <video
        src={url}
        muted
        playsInline
        preload="auto"
        tabIndex={-1}
        aria-hidden
        width={80}
        height={80}
        className={className}
      />
      <span className="absolute inset-0 grid place-items-center">
        <span className="rounded-full bg-raised/90 p-1.5 text-ink shadow-float">
          <Play aria-hidden className="size-3.5 fill-current" />
        </span>
      </span>
    </span>
  )
}
