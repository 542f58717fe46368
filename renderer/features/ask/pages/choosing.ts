import { t } from '@lingui/core/macro'
import { fileOfPage, pageName } from '#contract'
import type { PagedFile, PictureBudget } from '#contract'
import { create } from 'zustand'
import { toAppError } from '../../../lib/errors.ts'
import { pageUrl, pictureUrl, useHost, whenHost } from '../../../lib/host.ts'
import { call } from '../../../lib/rpc.ts'
import {
  addPicture,
  conversationOf,
  draftKey,
  draftOf,
  drawnPage,
  holderOf,
  refuse,
  setDrawing,
  updateDraft,
  updateHolder,
} from '../draft.ts'
import type { Picture } from '../draft.ts'
import { planPrepare } from '../prepare.ts'

/** A file of which pages are being chosen. */
export interface PageChoice {
  readonly key: string
  readonly conversationId: string | null
  readonly file: PagedFile
  /** null: it is protected, and its password is asked for. */
  readonly pages: number | null
  /** What the file calls its pages; unset: by their numbers. */
  readonly labels?: readonly string[] | undefined
}

/** Files whose pages are chosen one after the other; the first is the one that is shown. */
export const usePageChoices = create<{ readonly choices: readonly PageChoice[] }>(() => ({ choices: [] }))

/** How many pages a file has, and what it calls them; `pages` null: it wants a password. Throws AppError for anything else. */
export async function pagesOf({ sha, name }: PagedFile): Promise<Pick<PageChoice, 'pages' | 'labels'>> {
  try {
    return await call((core) => core.pages.open({ sha, name }))
  } catch (thrown) {
    const error = toAppError(thrown)
    if (error.code === 'PasswordNeeded') return { pages: null }
    throw error
  }
}

/** Lets the user choose pages of a file; of one with a single page, that is taken at once. */
export function offerPages(choice: PageChoice): void {
  if (choice.pages === 1) return void takePages(choice, [1])
  usePageChoices.setState(({ choices }) => ({ choices: [...choices, choice] }))
}

/** Opens a protected PDF. Throws AppError PasswordNeeded for a wrong password, and for what is wrong with the file. */
export async function unlock(choice: PageChoice, password: string): Promise<void> {
  const { sha, name } = choice.file
  const { pages, labels } = await call((core) => core.pages.open({ sha, name, password }))
  const opened = { ...choice, pages, labels }
  if (pages === 1) {
    endChoice(choice)
    return void takePages(opened, [1])
  }
  usePageChoices.setState(({ choices }) => ({
    choices: choices.map((one) => (one === choice ? opened : one)),
  }))
}

/** Nothing more is chosen of a file. */
export const endChoice = (choice: PageChoice): void =>
  usePageChoices.setState(({ choices }) => ({ choices: choices.filter((one) => one !== choice) }))

/** Adds pages to the question in their order, and has each drawn; what cannot be drawn becomes a note with the reason. */
export async function takePages({ conversationId, file, labels }: PageChoice, pages: readonly number[]): Promise<void> {
  const { sha, name } = file
  const host = await whenHost()
  const pictures = pages.map((page): Picture & { page: number } => ({
    key: crypto.randomUUID(),
    name: pageName(name, page, labelOf(page, labels)),
    preview: pageUrl(host, sha, page),
    attachment: null,
    tokens: null,
    budget: null,
    marks: [],
    page,
  }))
  for (const { page: _, ...picture } of pictures)
    updateDraft(draftKey(conversationId), (draft) => addPicture(draft, picture))
  for (const { key, name: title, page } of pictures) {
    const picture = pictureOf(key)
    if (!picture) continue
    try {
      const stored = await call((core) => core.pages.takePage({ sha, name, page, budget: picture.budget }))
      updateHolder(key, (draft) => drawnPage(draft, key, stored, pictureUrl(host, stored.sha) ?? ''))
    } catch (thrown) {
      const { message, detail } = toAppError(thrown)
      const text = detail?.['text']
      const holder = holderOf(key)
      updateHolder(key, (draft) =>
        refuse(draft, { key, name: title, message, ...(typeof text === 'string' && text !== '' && { text }) }),
      )
      if (holder !== null) planPrepare(conversationOf(holder), 'pictures')
      continue
    }
    const holder = holderOf(key)
    if (holder !== null) planPrepare(conversationOf(holder), 'pictures')
  }
}

/** What a file calls a page, where that is not its number. */
export function labelOf(page: number, labels: readonly string[] | undefined): string | undefined {
  const label = labels?.[page - 1]
  return label === `${page}` ? undefined : label
}

const pictureOf = (key: string): Picture | undefined =>
  draftOf(holderOf(key) ?? '').pictures.find((picture) => picture.key === key)

/** The latest wish for each page that is drawn anew. */
const wishes = new Map<string, object>()

/**
 * Draws a page anew as large as another budget allows; nothing for any other picture. Where its file is gone or locked it
 * stays as it was, which is said.
 */
export async function drawAgain(key: string, budget: PictureBudget | null): Promise<void> {
  const picture = pictureOf(key)
  if (picture?.attachment?.kind !== 'image' || !picture.attachment.page) return
  const { pdf, number } = picture.attachment.page
  const wish = {}
  wishes.set(key, wish)
  const isLatest = (): boolean => wishes.get(key) === wish
  updateHolder(key, (draft) => setDrawing(draft, key, true))
  const { name } = picture
  try {
    const stored = await call((core) => core.pages.takePage({ sha: pdf, name: fileOfPage(name), page: number, budget }))
    const preview = pictureUrl(useHost.getState().host, stored.sha) ?? ''
    if (isLatest()) updateHolder(key, (draft) => drawnPage(draft, key, stored, preview))
  } catch (thrown) {
    if (!isLatest()) return
    const { message } = toAppError(thrown)
    const refusal = { key: crypto.randomUUID(), name, message: t`${name} stays as it was drawn before. ${message}` }
    updateHolder(key, (draft) => setDrawing(refuse(draft, refusal), key, false))
  }
  if (!isLatest()) return
  wishes.delete(key)
  const holder = holderOf(key)
  if (holder !== null) planPrepare(conversationOf(holder), 'pictures')
}
