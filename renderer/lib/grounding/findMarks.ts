import { htmlMarks } from './htmlMarks.ts'
import { jsonMarks } from './jsonMarks.ts'
import type { Mark, Space } from './marks.ts'
import { tokenMarks } from './tokenMarks.ts'

/** The model families that were taught to point at things. */
export type Family = 'qwen2vl' | 'qwen25vl'

/** The marks of an answer in the order of its text, and what their numbers count. Works on any text, also a part of one. */
export function findMarks(text: string, family: Family): { marks: Mark[]; space: Space } {
  const marks = [...tokenMarks(text), ...jsonMarks(text), ...htmlMarks(text)].sort((a, b) => a.start - b.start)
  return { marks, space: family === 'qwen25vl' ? 'pixels' : 'thousandths' }
}
