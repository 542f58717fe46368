import blueSquare from '../../../resources/samples/blue-square.png'
import greenStar from '../../../resources/samples/green-star.png'
import redCircle from '../../../resources/samples/red-circle.png'
import yellowTriangle from '../../../resources/samples/yellow-triangle.png'

/** A picture that comes with the app. */
export interface SamplePicture {
  readonly url: string
  readonly name: string
}

/** A question worth trying first. */
export interface Suggestion {
  readonly question: string
  readonly pictures: readonly SamplePicture[]
}

export const suggestions: readonly Suggestion[] = [
  { question: 'What is in the picture?', pictures: [{ url: redCircle, name: 'red-circle.png' }] },
  { question: 'Describe the picture.', pictures: [{ url: yellowTriangle, name: 'yellow-triangle.png' }] },
  {
    question: 'What is in each picture?',
    pictures: [
      { url: blueSquare, name: 'blue-square.png' },
      { url: greenStar, name: 'green-star.png' },
    ],
  },
]

/** The file of a sample picture, as if it had been dropped. */
export async function sampleFile({ url, name }: SamplePicture): Promise<File> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`The sample picture ${name} is missing`)
  return new File([await response.blob()], name, { type: 'image/png' })
}
