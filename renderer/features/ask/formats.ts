import { readyFormats } from '#contract'
import type { ChosenFormat } from '#contract'
import { call } from '../../lib/rpc.ts'

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
