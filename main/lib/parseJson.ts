import { AppError, say } from '#contract'
import type { z } from 'zod'
import { outlineOf } from './jsonSchema.ts'

/**
 * Reads what somebody wrote as JSON. `name`: what errors call it; `noun`: what it is, as in "a profile has no ... there".
 * @throws AppError InvalidInput with what is wrong and where: the line and column where it is no JSON, else the field.
 */
export function parseJson<T extends z.ZodType>(schema: T, json: string, name: string, noun: string): z.output<T> {
  const { problem } = outlineOf(json)
  if (problem) {
    const { line, column, what } = problem
    const place = { line, column }
    throw new AppError('InvalidInput', say`${name} is not valid JSON: line ${line}, column ${column}: ${what}.`, place)
  }
  const read = schema.safeParse(JSON.parse(json), { reportInput: true })
  if (read.success) return read.data
  const [issue] = read.error.issues
  const field = issue?.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('') ?? ''
  const where = field === '' ? '' : `, at ${field.replace(/^\./, '')}`
  throw new AppError(
    'InvalidInput',
    say`${name} cannot be used${where}: ${issue ? complaint(issue, noun) : 'it is not valid'}.`,
  )
}

/** What is wrong with a field, in words for those who write such files. */
function complaint(issue: z.core.$ZodIssue, noun: string): string {
  const of = 'origin' in issue && issue.origin === 'string' ? ' characters' : ''
  switch (issue.code) {
    case 'unrecognized_keys':
      return `a ${noun} has no ${issue.keys.map((key) => `"${key}"`).join(', ')} there`
    case 'invalid_type':
      return issue.input === undefined ? 'it is missing' : `${kinds[issue.expected] ?? issue.expected} is expected`
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')} is expected`
    case 'too_big':
      return `at most ${String(issue.maximum)}${of}`
    case 'too_small':
      return `at least ${String(issue.minimum)}${of}`
    default:
      return issue.message
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text in quotes',
  number: 'a number',
  int: 'a whole number',
  array: 'a list in [ ]',
  object: 'an object in { }',
  boolean: 'true or false',
}
