import { openPage } from '../../lib/route.ts'

/** The parts of the models page. */
export type ModelsPart = 'library' | 'get' | 'downloads'

/** The place on the models page: its part, and the model whose panel is open. */
export interface ModelsPlace {
  readonly part: ModelsPart
  readonly modelId: string | null
}

/** Reads a page's address: "models", "models/get", "models/downloads", "models/m/<id>"; null for another page. */
export function placeOf(page: string | null): ModelsPlace | null {
  if (page === null || !/^models(\/|$)/.test(page)) return null
  const [, part, id] = page.split('/')
  if (part === 'm' && id) return { part: 'library', modelId: decoded(id) }
  return { part: part === 'get' || part === 'downloads' ? part : 'library', modelId: null }
}

/** The decoded part of an address; null when it is malformed. */
function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}

/** Opens a part of the models page. */
export const openModels = (part: ModelsPart = 'library'): void =>
  openPage(part === 'library' ? 'models' : `models/${part}`)

/** Opens the particulars of a model. */
export const openModel = (id: string): void => openPage(`models/m/${encodeURIComponent(id)}`)
