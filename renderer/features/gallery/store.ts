import { t } from '@lingui/core/macro'
import type { ErrorInfo, GalleryItem, GalleryKind } from '#contract'
import { create } from 'zustand'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import type { Shown } from '../../lib/finding.ts'
import { call } from '../../lib/rpc.ts'

/** Opens a conversation at a message, for what it shows by that name. */
export type OpenShown = (conversationId: string, shown: Shown) => void

/** So many items are asked for together. */
const PAGE = 60

/**
 * The gallery as far as it was looked at. `items`: by their place; what was not in sight yet is not there. `total`: null until it is
 * known.
 */
export interface GalleryState {
  readonly kind: GalleryKind
  readonly total: number | null
  readonly items: ReadonlyMap<number, GalleryItem>
  readonly described: { readonly pictures: number; readonly described: number } | null
  /** The pictures that a model is describing. */
  readonly describing: ReadonlySet<string>
  readonly error: ErrorInfo | null
}

const empty = { total: null, items: new Map<number, GalleryItem>(), error: null }

export const useGallery = create<GalleryState>(() => ({
  kind: 'all',
  described: null,
  describing: new Set<string>(),
  ...empty,
}))

/** Rises whenever what is known is out of date. */
let round = 0
const asked = new Set<number>()

const fail = (thrown: unknown): void => useGallery.setState({ error: toAppError(thrown).toInfo() })

/** Reads the gallery anew, of one kind. What is shown stays until the new items are there. */
export function readGallery(kind: GalleryKind = useGallery.getState().kind): void {
  round++
  asked.clear()
  useGallery.setState((state) => (kind === state.kind ? { error: null } : { kind, ...empty }))
  need(0, 1)
  call((core) => core.gallery.described()).then((described) => useGallery.setState({ described }), fail)
}

/** Has the items from `first` to before `end` there, with those around them. */
export function need(first: number, end: number): void {
  for (let page = Math.floor(first / PAGE); page * PAGE < end; page++) if (!asked.has(page)) void readPage(page)
}

async function readPage(page: number): Promise<void> {
  asked.add(page)
  const of = round
  const { kind } = useGallery.getState()
  try {
    const { total, items } = await call((core) => core.gallery.list({ kind, offset: page * PAGE, limit: PAGE }))
    if (of !== round) return
    useGallery.setState((state) => {
      const next = new Map(state.items)
      items.forEach((item, n) => next.set(page * PAGE + n, item))
      for (const place of next.keys()) if (place >= total) next.delete(place)
      return { total, items: next }
    })
  } catch (thrown) {
    if (of !== round) return
    asked.delete(page)
    fail(thrown)
  }
}

const setDescription = (sha: string, description: string): void =>
  useGallery.setState((state) => ({
    items: new Map(
      [...state.items].map(([place, item]) => [place, item.attachment.sha === sha ? { ...item, description } : item]),
    ),
  }))

/** Has the model say what is in a picture. */
export async function describe(sha: string): Promise<void> {
  if (useGallery.getState().describing.has(sha)) return
  useGallery.setState((state) => ({ describing: new Set([...state.describing, sha]), error: null }))
  try {
    const { description } = await call((core) => core.gallery.describe({ sha }))
    setDescription(sha, description)
    announce(t`Described: ${description}`)
    useGallery.setState({ described: await call((core) => core.gallery.described()) })
  } catch (thrown) {
    fail(thrown)
  } finally {
    useGallery.setState((state) => ({ describing: new Set([...state.describing].filter((one) => one !== sha)) }))
  }
}
