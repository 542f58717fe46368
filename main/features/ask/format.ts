import { AppError } from '#contract'
import type { ChosenFormat } from '#contract'
import { readSchema, writeJson } from '../../lib/jsonSchema/index.ts'
import { checkFormat } from '../../engine/index.ts'

/** The schema's text of a chosen format. @throws AppError InvalidInput with the place, when an answer cannot be held to it. */
export function schemaOf({ schema: jsonSchema }: Pick<ChosenFormat, 'schema'>): string {
  readSchema(jsonSchema, 'The schema')
  checkFormat({ jsonSchema })
  return jsonSchema
}

/** Whether an answer can be held to a schema; `place`: where it is no JSON. */
export function checkSchema(schema: string): {
  problem: string | null
  place: { line: number; column: number } | null
} {
  try {
    schemaOf({ schema })
    return { problem: null, place: null }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'InvalidInput') throw error
    const { line, column } = error.detail ?? {}
    return {
      problem: error.message,
      place: typeof line === 'number' && typeof column === 'number' ? { line, column } : null,
    }
  }
}

/** What a model is told, behind the question, of the format that its answer is held to: it writes better when it knows. */
export const formatText = ({ schema }: ChosenFormat): string =>
  `Answer with JSON that follows this schema: ${writeJson(readSchema(schema, 'The schema'))}`
