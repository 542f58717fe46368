import { AppError, Profile } from '#contract'
import type { ProfileCheck } from '#contract'
import type { z } from 'zod'
import { outlineOf } from '../../lib/jsonSchema.ts'

/**
 * Reads a profile from its text. `name`: what errors call it. @throws AppError InvalidInput with what is wrong and where: the line and
 * column where it is no JSON, else the field.
 */
export function parseProfile(json: string, name = 'The profile'): Profile {
  const { problem } = outlineOf(json)
  if (problem) {
    const { line, column, what } = problem
    const place = { line, column }
    throw new AppError('InvalidInput', `${name} is not valid JSON: line ${line}, column ${column}: ${what}.`, place)
  }
  const read = Profile.safeParse(JSON.parse(json), { reportInput: true })
  if (read.success) return read.data
  const [issue] = read.error.issues
  const field = issue?.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('') ?? ''
  const where = field === '' ? '' : `, at ${field.replace(/^\./, '')}`
  throw new AppError('InvalidInput', `${name} cannot be used${where}: ${issue ? complaint(issue) : 'it is not valid'}.`)
}

/** What is wrong with a field, in words for those who write profiles. */
function complaint(issue: z.core.$ZodIssue): string {
  const of = 'origin' in issue && issue.origin === 'string' ? ' characters' : ''
  switch (issue.code) {
    case 'unrecognized_keys':
      return `a profile has no ${issue.keys.map((key) => `"${key}"`).join(', ')} there`
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

/** What is wrong with the text of a profile, and where it is no JSON; throws nothing for a text. */
export function checkProfile(json: string): ProfileCheck {
  try {
    parseProfile(json)
    return { problem: null, place: null }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { line, column } = error.detail ?? {}
    const isPlaced = typeof line === 'number' && typeof column === 'number'
    return { problem: error.message, place: isPlaced ? { line, column } : null }
  }
}
