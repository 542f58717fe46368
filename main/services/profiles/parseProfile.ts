import { AppError, Profile } from '#contract'
import type { ProfileCheck } from '#contract'
import { parseJson } from '../../lib/parseJson.ts'

/**
 * Reads a profile from its text. `name`: what errors call it. @throws AppError InvalidInput with what is wrong and where: the line and
 * column where it is no JSON, else the field.
 */
export const parseProfile = (json: string, name = 'The profile'): Profile => parseJson(Profile, json, name, 'profile')

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
