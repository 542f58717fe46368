import { AppError } from '#contract'
import { isJsonObject, parseJson } from './json.ts'
import type { JsonObject } from './json.ts'
import { outlineOf } from './jsonProblem.ts'

/** A JSON schema as an object, or true and false for all and nothing. */
export type JsonSchema = boolean | JsonObject

/** The engine refuses such schemas too; a message to its process could not even hold one that is nested without end. */
const MAX_DEPTH = 500

/**
 * The JSON schema that a text holds; whether answers can be held to it is the engine's to tell. `name`: what errors call
 * the text, at the beginning of a sentence. @throws AppError InvalidInput, with `detail` { line, column } where it is no JSON.
 */
export function readSchema(text: string, name: string): JsonSchema {
  const { problem, depth } = outlineOf(text)
  if (problem) {
    const { line, column, what } = problem
    throw new AppError('InvalidInput', `${name} is not valid JSON: line ${line}, column ${column}: ${what}.`, {
      line,
      column,
    })
  }
  if (depth > MAX_DEPTH)
    throw new AppError('InvalidInput', `${name} is nested too deeply. Use $ref and $defs for what repeats.`)
  const schema = parseJson(text)
  if (typeof schema !== 'boolean' && !isJsonObject(schema))
    throw new AppError(
      'InvalidInput',
      `${name} does not hold a JSON schema, which is an object such as {"type": "object"}.`,
    )
  return schema
}
