import { fold, placesOfTerms, termsOf } from '#contract'
import { useEffect, useRef } from 'react'
import type { RefObject } from 'react'
import { create } from 'zustand'
import { useShallow } from 'zustand/react/shallow'
import { announce } from '../../lib/announce.ts'
import type { OpenConversation } from '../../lib/conversation/state.ts'
import { toAppError } from '../../lib/errors.ts'
import { endFinding, useFinding } from '../../lib/finding.ts'
import type { Finding } from '../../lib/finding.ts'
import { selectBranch, useOpenConversation } from './store.ts'

/** The search that is followed in the open conversation, or null. */
export function useFindingHere(): Finding | null {
  const id = useOpenConversation((state) => state.id)
  return useFinding(({ finding }) => (finding?.conversationId === id ? finding : null))
}

const shows = ({ order, others }: OpenConversation, messageId: string): boolean =>
  order.includes(messageId) || Object.values(others).includes(messageId)

/** A message that is brought into view without being searched for; null: none is. */
const useAim = create<{ readonly aim: { readonly messageId: string } | null }>(() => ({ aim: null }))

/** Brings a message of the shown path into view. */
export const bringIntoView = (messageId: string): void => useAim.setState({ aim: { messageId } })

const placeIn = ({ order, others }: OpenConversation, messageId: string): number =>
  order.findIndex((id) => id === messageId || others[id] === messageId)

/** Of the shown path the messages that are brought into view; they are drawn wherever they stand. */
export function useSought(): readonly string[] {
  const found = useFindingHere()?.messageId ?? null
  const aimed = useAim(({ aim }) => aim?.messageId ?? null)
  return useOpenConversation(
    useShallow((state) => [found, aimed].flatMap((id) => (id === null ? [] : (state.order[placeIn(state, id)] ?? [])))),
  )
}

/** Whether a message is there to be brought into view: loaded, and on the path or beside it. */
const useIsThere = (messageId: string | null): boolean =>
  useOpenConversation(
    (state) => messageId !== null && state.messages[messageId] !== undefined && placeIn(state, messageId) >= 0,
  )

/**
 * Brings the message that was found into view, on whichever branch it stands, and marks in it what was searched for: in
 * its words, else the picture or video of that name, else the whole message. `leaveEnd`: the column does not stay at its end.
 */
export function useFound(frame: RefObject<HTMLElement | null>, leaveEnd: () => void): void {
  const finding = useFindingHere()
  const { messageId = null, query = '', turn = 0 } = finding ?? {}
  const hit = finding?.hits?.find((one) => one.messageId === messageId)
  const picture = finding?.picture ?? hit?.picture?.name ?? null
  const isReady = useOpenConversation((state) => state.status === 'ready')
  const isShown = useOpenConversation((state) => messageId !== null && shows(state, messageId))
  const isThere = useIsThere(messageId)
  /** The last turns for which the branch was changed, and for which the message was brought into view. */
  const done = useRef({ branch: 0, view: 0 })
  useAimed(frame, leaveEnd)

  useEffect(() => {
    if (!isReady || messageId === null || done.current.branch === turn) return
    done.current.branch = turn
    if (isShown) return
    selectBranch(messageId).catch((thrown: unknown) => {
      announce(toAppError(thrown).message)
      endFinding()
    })
  }, [isReady, messageId, turn, isShown])

  useEffect(() => {
    const scroller = frame.current
    if (!scroller || messageId === null || !isThere) return
    const article = scroller.querySelector(`[data-message-id="${CSS.escape(messageId)}"]`)
    if (!article) return
    let marks = mark(article, termsOf(query), picture)
    const observer = new MutationObserver(() => {
      marks.remove()
      marks = mark(article, termsOf(query), picture)
    })
    observer.observe(article, { childList: true, subtree: true, characterData: true })
    let stop = (): void => {}
    if (done.current.view !== turn) {
      done.current.view = turn
      leaveEnd()
      stop = keepInView(scroller, () => marks.place())
    }
    return () => {
      observer.disconnect()
      stop()
      marks.remove()
    }
  }, [frame, leaveEnd, messageId, query, picture, turn, isThere])
}

/** The last aim that was followed. */
let followed: object | null = null

/** Brings what `bringIntoView` was asked for into view. */
function useAimed(frame: RefObject<HTMLElement | null>, leaveEnd: () => void): void {
  const aim = useAim((state) => state.aim)
  const messageId = aim?.messageId ?? null
  const isThere = useIsThere(messageId)
  useEffect(() => {
    const scroller = frame.current
    if (!scroller || messageId === null || !isThere || followed === aim) return
    const article = scroller.querySelector(`[data-message-id="${CSS.escape(messageId)}"]`)
    if (!article) return
    followed = aim
    leaveEnd()
    keepInView(scroller, () => article.getBoundingClientRect())
  }, [frame, leaveEnd, aim, messageId, isThere])
}

/** What is marked in a message. */
interface Marks {
  /** Where the first of it stands in the window. */
  place(): DOMRect
  remove(): void
}

/** The name of the highlight in styles.css. */
const NAME = 'found'

/** `picture`: the name of the picture that is meant rather than any words; null: none. */
function mark(article: Element, terms: readonly string[], picture: string | null): Marks {
  const named = [...article.querySelectorAll<HTMLElement>('[data-file]')]
  const meant = named.filter(({ dataset }) => dataset['file'] === picture)
  if (meant.length > 0) return outline(meant)
  const scopes = article.matches('[data-said]') ? [article] : [...article.querySelectorAll('[data-said]')]
  const ranges = scopes.flatMap((scope) => rangesOf(scope, terms))
  if (ranges.length > 0) {
    if (typeof Highlight === 'function') CSS.highlights.set(NAME, new Highlight(...ranges))
    return { place: () => ranges[0]!.getBoundingClientRect(), remove: () => void CSS.highlights?.delete(NAME) }
  }
  const folded = terms.map(fold)
  const files = named.filter(({ dataset }) =>
    folded.some((term) => fold((dataset['file'] ?? '').normalize('NFC')).includes(term)),
  )
  return outline(files.length > 0 ? files : [article])
}

function outline(elements: readonly Element[]): Marks {
  elements.forEach((element) => element.setAttribute('data-found', ''))
  return {
    place: () => elements[0]!.getBoundingClientRect(),
    remove: () => elements.forEach((element) => element.removeAttribute('data-found')),
  }
}

const BLOCKS = 'p, li, td, th, pre, div, h1, h2, h3, h4, h5, h6, article'

/** Where the terms stand in the text below `scope`, also across what is bold or a link; never across two blocks. */
function rangesOf(scope: Element, terms: readonly string[]): Range[] {
  const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT)
  const nodes: { readonly node: Text; readonly start: number }[] = []
  let text = ''
  let block: Element | null = null
  for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
    const own = node.parentElement?.closest(BLOCKS) ?? null
    if (own !== block) text += '\n'
    block = own
    nodes.push({ node, start: text.length })
    text += node.data
  }
  const at = (index: number): [Text, number] => {
    const { node, start } = nodes.findLast((one) => one.start <= index)!
    return [node, Math.min(node.data.length, index - start)]
  }
  return placesOfTerms(text, terms).map(({ start, end }) => {
    const range = document.createRange()
    range.setStart(...at(start))
    const [last, offset] = at(end - 1)
    range.setEnd(last, offset + 1)
    return range
  })
}

/** For so many frames what is above may still take its size. */
const FRAMES = 40

/** Scrolls so that a place stands in the middle, and keeps it there until the page has its form or the user does something. */
function keepInView(scroller: HTMLElement, place: () => DOMRect): () => void {
  const stop = new AbortController()
  let left = FRAMES
  const step = (): void => {
    if (stop.signal.aborted) return
    const [outer, inner] = [scroller.getBoundingClientRect(), place()]
    const room = Math.max(0, outer.height - inner.height)
    scroller.scrollTop += inner.top - outer.top - room / 2
    if (--left > 0) requestAnimationFrame(step)
  }
  for (const type of ['wheel', 'pointerdown', 'keydown'] as const)
    window.addEventListener(type, () => stop.abort(), { signal: stop.signal, passive: true })
  step()
  return () => stop.abort()
}
