import { Region } from '#contract'
import { recall, remember } from '../../lib/platform.ts'

const key = (screen: string): string => `lastRegion.${screen}`

/** The region that was last taken of a screen, in pixels of its picture; null when there is none. */
export function lastRegion(screen: string): Region | null {
  try {
    return Region.safeParse(JSON.parse(recall(key(screen)) ?? 'null')).data ?? null
  } catch {
    return null
  }
}

/** Remembers a region for "last region again"; no pixel of it is kept. */
export const rememberRegion = (screen: string, region: Region): void => remember(key(screen), JSON.stringify(region))
