import type { AnswerFormat } from '../../types.ts'
import { schemaToGrammar } from './jsonSchema.ts'

/** The GBNF text of an answer format. @throws AppError InvalidInput for a schema that cannot be turned into one. */
export function toGrammar(format: AnswerFormat): string {
  return 'grammar' in format ? format.grammar : schemaToGrammar(format.jsonSchema)
}
