import type { SavedDraft } from '#contract'
import { compareIn, comparedIn, onCompared } from '../../lib/comparing.ts'
import { toAppError } from '../../lib/errors.ts'
import { whenHost } from '../../lib/host.ts'
import { applyPreset, onPreset, presetIn } from '../../lib/presets.ts'
import { onJob, savedJob, setJob } from '../../lib/profiles.ts'
import { call } from '../../lib/rpc.ts'
import { onThinks, setThinks, thinkingIn } from '../../lib/thinking.ts'
import {
  conversationOf,
  ownKey,
  draftOf,
  emptyDraft,
  excessOf,
  isEmpty,
  joinDrafts,
  toSaved,
  updateDraft,
  useDrafts,
} from './draft.ts'
import type { Draft } from './draft.ts'
import { planPrepare, planRestored } from './prepare.ts'
import { toPictures } from './restoring.ts'
import { reopenVideo } from './video/clips.ts'

/**
 * Drafts outlive the window: each is saved with the core a moment after it changed, and restored when its conversation is
 * shown. A window that ends loses at most the last `SAVE_MS`. Each window has its own draft in memory; of two windows on one
 * conversation, each replaces what it saved itself of what is stored, and leaves what the other one added.
 */
const SAVE_MS = 300
const NOT_KEPT =
  'This question is of a form that cannot be kept: it is lost when the window closes. Send it, or take out what was added last.'
/** Waiting time before a draft that could not be saved or restored is tried again, in ms. */
const RETRY_MS = 2_000

const timers = new Map<string, ReturnType<typeof setTimeout>>()
/** What this window saved last of each draft, or got, as JSON. */
const saved = new Map<string, string>()
/** What each draft was restored as. */
const restoredAs = new Map<string, string>()
/** Drafts that were restored or are being: nothing is saved in their place before. */
const restoring = new Map<string, Promise<void>>()

function schedule(key: string, delay = SAVE_MS): void {
  if (!timers.has(key))
    timers.set(
      key,
      setTimeout(() => void save(key), delay),
    )
}

/** `isLast`: the page goes away; what was composed in it is not lost to another window that got it and sent or changed it since. */
async function save(key: string, isLast = false): Promise<void> {
  clearTimeout(timers.get(key))
  timers.delete(key)
  const now = draftOf(key)
  // the composer says what is too much
  const before = saved.get(key)
  if (before === undefined || excessOf(now) !== null) return
  const conversationId = conversationOf(key)
  const draft = toSaved(now, comparedIn(conversationId), mannerIn(conversationId))
  const json = JSON.stringify(draft)
  const isEmptied = draft.text === '' && draft.media.length === 0
  const isOwn = isLast && !isEmptied && !now.sending && json !== restoredAs.get(key)
  if (before === json && !isOwn) return
  saved.set(key, json)
  try {
    await call((core) => core.drafts.save({ conversationId, draft, over: JSON.parse(before) as SavedDraft }))
  } catch (thrown) {
    if (saved.get(key) === json) saved.set(key, before)
    const { code } = toAppError(thrown)
    if (code === 'InvalidInput') updateDraft(key, (draft) => ({ ...draft, error: { code, message: NOT_KEPT } }))
    // a conversation that was removed has no draft; `rescueDraft` has what was being composed in it
    else if (code !== 'NotFound') schedule(key, RETRY_MS)
  }
}

/** Saves the draft of a conversation now, where it changed since it was saved. Never rejects. */
export const saveDraft = (conversationId: string | null): Promise<void> => save(ownKey(conversationId))

/** What stays from question to question of a conversation and is kept with its draft. */
const mannerIn = (conversationId: string | null): Pick<SavedDraft, 'thinking' | 'job' | 'preset'> => ({
  ...thinkingIn(conversationId),
  ...savedJob(conversationId),
  ...presetIn(conversationId),
})

const isComposed = ({ text, pictures, format, sending }: Draft, before: Draft | undefined): boolean =>
  before === undefined ||
  text !== before.text ||
  pictures !== before.pictures ||
  format !== before.format ||
  sending !== before.sending

/** Saves every draft that changes until `signal` aborts, and what waits when the page goes away. */
export function keepDrafts(signal: AbortSignal): void {
  const offs = [
    useDrafts.subscribe(({ drafts }, { drafts: before }) => {
      for (const [key, draft] of Object.entries(drafts))
        if (draft !== before[key] && isComposed(draft, before[key])) schedule(key)
    }),
    onCompared((conversationId) => schedule(ownKey(conversationId))),
    onThinks((conversationId) => schedule(ownKey(conversationId))),
    onJob((conversationId) => schedule(ownKey(conversationId))),
    onPreset((conversationId) => schedule(ownKey(conversationId))),
  ]
  const flush = (): void => [...saved.keys()].forEach((key) => void save(key, true))
  window.addEventListener('pagehide', flush, { signal })
  signal.addEventListener('abort', () => offs.forEach((off) => off()), { once: true })
}

/** Restores the draft of a conversation that is shown for the first time; what was composed meanwhile comes after it. */
export function restoreDraft(conversationId: string | null): Promise<void> {
  const key = ownKey(conversationId)
  const begun = restoring.get(key) ?? restore(key)
  restoring.set(key, begun)
  return begun
}

async function restore(key: string): Promise<void> {
  const conversationId = conversationOf(key)
  const found = await whenReached(() => call((core) => core.drafts.get({ conversationId })))
  const host = found && (await whenReached(whenHost))
  if (found && host) {
    const { draft, attachments, lost } = found
    saved.set(key, JSON.stringify(draft))
    const pictures = toPictures(draft.media, attachments, host)
    const refusals = lost.map((name) => ({
      key: crypto.randomUUID(),
      name,
      message: `${name} is not stored here any more. Add it again.`,
    }))
    const before = { ...emptyDraft, text: draft.text, format: draft.format, pictures, refusals }
    const { thinking, job, preset } = draft
    const manner = { ...(thinking && { thinking }), ...(job !== undefined && { job }), ...(preset && { preset }) }
    restoredAs.set(key, JSON.stringify(toSaved(before, draft.compareWith, manner)))
    const isComposedIn = !isEmpty(draftOf(key))
    if (!isEmpty(before)) updateDraft(key, (now) => joinDrafts(before, now))
    if (draft.compareWith && !comparedIn(conversationId)) compareIn(conversationId, draft.compareWith)
    if (thinking === 'on') setThinks(conversationId, true)
    if (job !== undefined) setJob(conversationId, job)
    if (preset && !presetIn(conversationId).preset) applyPreset(conversationId, preset)
    if (pictures.length > 0 || draft.text !== '') {
      if (isComposedIn) planPrepare(conversationId, 'pictures')
      else planRestored(conversationId)
    }
    for (const { key: picture, clip } of pictures) if (clip && !clip.pictures) void reopenVideo(picture)
    return schedule(key)
  }
  // what could not be read is not replaced by nothing: it stays until something is composed
  saved.set(key, JSON.stringify(toSaved(emptyDraft, comparedIn(conversationId), mannerIn(conversationId))))
  schedule(key)
}

/** What `ask` gives as soon as the core can be reached; null: the core refuses. */
async function whenReached<T>(ask: () => Promise<T>): Promise<T | null> {
  for (;;) {
    try {
      return await ask()
    } catch (thrown) {
      if (toAppError(thrown).code !== 'Interrupted') return null
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}
