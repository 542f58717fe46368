import blueSquare from '../../../resources/samples/blue-square.png'
import circleTurnsBlue from '../../../resources/samples/circle-turns-blue.mp4'
import fourShapes from '../../../resources/samples/four-shapes.png'
import greenStar from '../../../resources/samples/green-star.png'
import printedWord from '../../../resources/samples/printed-word.png'
import redCircle from '../../../resources/samples/red-circle.png'

/** A picture or video that comes with the app. */
export interface Sample {
  readonly url: string
  readonly name: string
  readonly type: 'image/png' | 'video/mp4'
}

/** A question worth trying first. */
export interface Suggestion {
  readonly question: string
  readonly samples: readonly Sample[]
}

const picture = (url: string, name: string): Sample => ({ url, name, type: 'image/png' })

export const suggestions: readonly Suggestion[] = [
  { question: 'What is in the picture?', samples: [picture(redCircle, 'red-circle.png')] },
  {
    question: 'What is in each picture?',
    samples: [picture(blueSquare, 'blue-square.png'), picture(greenStar, 'green-star.png')],
  },
  {
    question: 'What happens in the video?',
    samples: [{ url: circleTurnsBlue, name: 'circle-turns-blue.mp4', type: 'video/mp4' }],
  },
  { question: 'How many objects are there?', samples: [picture(fourShapes, 'four-shapes.png')] },
  { question: 'Mark the blue star.', samples: [picture(fourShapes, 'four-shapes.png')] },
  { question: 'What does it say?', samples: [picture(printedWord, 'printed-word.png')] },
]

/** The file of a sample, as if it had been dropped. */
export async function sampleFile({ url, name, type }: Sample): Promise<File> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`The sample ${name} is missing`)
  return new File([await response.blob()], name, { type })
}
