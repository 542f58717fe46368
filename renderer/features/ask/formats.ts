import type { ChosenFormat } from '#contract'
import { call } from '../../lib/rpc.ts'

const text = (maxLength: number) => ({ type: 'string', maxLength })
const object = (properties: Record<string, unknown>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})
const list = (items: unknown, maxItems = 200) => ({ type: 'array', items, maxItems })
const format = (name: string, schema: unknown): ChosenFormat => ({ name, schema: JSON.stringify(schema, null, 2) })

/** Formats that many questions about pictures want. Lengths are bounded, so that an answer comes to its end. */
export const readyFormats: readonly ChosenFormat[] = [
  format(
    'Objects with boxes',
    list(object({ bbox_2d: { type: 'array', items: { type: 'integer' }, minItems: 4, maxItems: 4 }, label: text(80) })),
  ),
  format('Fields of a document', list(object({ field: text(80), value: text(400) }))),
  format('Rows of a table', object({ columns: list(text(80), 40), rows: list(list(text(200), 40), 400) })),
  format('Yes or no, and why', object({ answer: { enum: ['yes', 'no'] }, reason: text(400) })),
  format('A count', object({ count: { type: 'integer' } })),
]

/** What stands against a schema, as the engine says; `place` counts from 1. */
export interface SchemaCheck {
  readonly problem: string | null
  readonly place: { readonly line: number; readonly column: number } | null
}

/** At most so many formats that were used before are offered. */
const RECENT = 6

/** The formats of earlier questions that are not ready ones, the latest first. */
export async function recentFormats(): Promise<readonly ChosenFormat[]> {
  const used = await call((core) => core.ask.recentFormats())
  return used.filter(({ schema }) => readyFormats.every((ready) => ready.schema !== schema)).slice(0, RECENT)
}

/** Asks the core whether answers can be held to a schema. */
export const checkSchema = (schema: string, signal: AbortSignal): Promise<SchemaCheck> =>
  call((core) => core.ask.checkFormat({ schema }, { signal }))

/** What a schema calls itself, to be offered as its name. */
export function titleOf(schema: string): string {
  try {
    const { title } = JSON.parse(schema) as { title?: unknown }
    return typeof title === 'string' ? title.trim().slice(0, 80) : ''
  } catch {
    return ''
  }
}

export { offsetOf } from '../../lib/textPlace.ts'
