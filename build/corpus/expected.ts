import { z } from 'zod'
import type { Colour, Look } from './look.ts'

const Colours = z.array(z.number()).length(3)

/** What a reference says of a file, an entry of `expected.json` beside it. */
const Expected = z.object({
  file: z.string(),
  width: z.number().optional(),
  height: z.number().optional(),
  mean: Colours.optional(),
  grid4x4: z.array(z.array(Colours)).optional(),
  meanAbsTolerance: z.number().default(3),
  video: z
    .object({
      width: z.number().optional(),
      height: z.number().optional(),
      frames: z.number().optional(),
      sampled: z.number().optional(),
      refused: z.boolean().optional(),
      words: z.string().optional(),
    })
    .optional(),
})
export type Expected = z.infer<typeof Expected>

/** The entries of an `expected.json` by the names of their files; entries of other forms are passed over. */
export function readExpected(text: string): Map<string, Expected> {
  const entries = z.array(z.unknown()).parse(JSON.parse(text))
  return new Map(
    entries.flatMap((entry) => {
      const { success, data } = Expected.safeParse(entry)
      return success && (data.mean || data.video) ? [[data.file, data] as const] : []
    }),
  )
}

/** What differs from the reference, none when it is right; and the reference's numbers in words. */
export interface Judgement {
  readonly differences: readonly string[]
  readonly reference: string
}

/** Compares what was found with the reference. */
export function judge(found: Look, expected: Expected): Judgement {
  return expected.video ? judgeVideo(found, expected.video) : judgePicture(found, expected)
}

function judgePicture(
  found: Look,
  { width, height, mean = [], grid4x4 = [], meanAbsTolerance: tolerance }: Expected,
): Judgement {
  const reference = `${width} x ${height}, mean ${mean.join(' ')}`
  if (found.what !== 'picture') return { differences: ['the reference reads it'], reference }
  const differences: string[] = []
  if (found.width !== width || found.height !== height) differences.push('size')
  if (distance(found.mean, mean) > tolerance) differences.push(`mean by ${distance(found.mean, mean).toFixed(1)}`)
  // a part has fewer pixels than the whole, and its edges may be counted to the next one
  const parts = grid4x4.flatMap((row, y) => row.map((colour, x) => distance(found.grid4x4[y]![x]!, colour)))
  const worst = Math.max(0, ...parts)
  if (worst > tolerance + 3) differences.push(`a part by ${worst.toFixed(1)}`)
  return { differences, reference }
}

function judgeVideo(found: Look, expected: NonNullable<Expected['video']>): Judgement {
  const { refused, words } = expected
  const facts = (['width', 'height', 'frames', 'sampled'] as const).filter((key) => expected[key] !== undefined)
  const reference = refused ? `refused: ${words ?? ''}` : facts.map((key) => `${key} ${expected[key]}`).join(', ')
  if (refused)
    return {
      differences: found.what === 'refused' ? wordsLacking(found.message, words) : ['should have been refused'],
      reference,
    }
  if (found.what !== 'video') return { differences: ['the reference reads it'], reference }
  return {
    differences: facts.filter((key) => found[key] !== expected[key]).map((key) => `${key} ${found[key]}`),
    reference,
  }
}

/** `words`: what a refusal says, then after `not` in quotes what it does not. */
function wordsLacking(message: string, words = ''): string[] {
  const barred = [...words.matchAll(/not "([^"]+)"/g)].map(([, text]) => text!)
  const [wanted = ''] = words.split(';')
  return [
    ...(message.includes(wanted.trim()) ? [] : [`does not say "${wanted.trim()}"`]),
    ...barred.filter((text) => message.includes(text)).map((text) => `says "${text}"`),
  ]
}

const distance = (one: Colour, other: Colour): number => Math.max(...one.map((value, c) => Math.abs(value - other[c]!)))
