import { readSchema } from '../../lib/jsonSchema/index.ts'
import type { AnswerFormat } from '../types.ts'
import { checkGrammar } from './checkGrammar.ts'
import { schemaToGrammar } from './jsonSchema.ts'

/** The GBNF text of an answer format. @throws AppError InvalidInput for a schema or grammar that cannot be used. */
export function toGrammar(format: AnswerFormat): string {
  const grammar =
    'grammar' in format ? format.grammar : schemaToGrammar(readSchema(format.jsonSchema, "The answer's JSON schema"))
  checkGrammar(grammar)
  return grammar
}
