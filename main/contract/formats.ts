import type { ChosenFormat } from './conversations.ts'

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
