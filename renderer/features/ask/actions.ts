import type { ChosenFormat, PagedFile, PictureBudget, PictureMark, StoredFile } from '#contract'
import { comparedIn, keepComparing } from '../../lib/comparing.ts'
import { toAppError } from '../../lib/errors.ts'
import { whenHost } from '../../lib/host.ts'
import { keepPreset, presetIn } from '../../lib/presets.ts'
import { jobIn, keepJob, savedJob } from '../../lib/profiles.ts'
import { call } from '../../lib/rpc.ts'
import { keepThinking, thinkingIn } from '../../lib/thinking.ts'
import { upload } from '../../lib/upload.ts'
import { withFrames } from '../../lib/video/index.ts'
import {
  MAX_PICTURES,
  addPicture,
  asPictures,
  asVideo,
  canSend,
  conversationOf,
  dismiss,
  draftKey,
  draftOf,
  editedIn,
  emptyDraft,
  holderOf,
  isEmpty,
  joinDrafts,
  movePicture,
  ownKey,
  refuse,
  removePicture,
  setPictureDetail,
  setPictureMarks,
  storedPicture,
  toParts,
  toSaved,
  updateDraft,
  updateHolder,
  videosOf,
  withoutSent,
} from './draft.ts'
import { blocksOf, isWords, moveOverWord, ofBlocks, placeAt, standsAtCaret } from './blocks.ts'
import type { Block, Caret } from './blocks.ts'
import type { Draft, Picture } from './draft.ts'
import { composerCaret, goBehindPlaced } from './caret.ts'
import { leaveEditing } from './editing.ts'
import { forgetMedia } from './history.ts'
import { drawAgain, offerPages, pagesOf } from './pages/choosing.ts'
import type { PageChoice } from './pages/choosing.ts'
import { cancelPrepare, planPrepare } from './prepare.ts'
import { saveDraft } from './saving.ts'
import { addVideo, free, isVideo, refusalOf } from './video/clips.ts'

/** Changes the question's text. */
export function setText(conversationId: string | null, text: string): void {
  updateDraft(draftKey(conversationId), (draft) => ({ ...draft, text, error: null }))
  planPrepare(conversationId, 'text')
}

async function addFile(conversationId: string | null, file: File): Promise<void> {
  const name = file.name === '' ? 'Picture' : file.name
  const picture = {
    key: crypto.randomUUID(),
    name,
    preview: URL.createObjectURL(file),
    attachment: null,
    tokens: null,
    budget: null,
    marks: [],
  }
  updateDraft(draftKey(conversationId), (draft) => addPicture(draft, picture))
  let stored: StoredFile
  try {
    stored = await upload(await whenHost(), file)
  } catch (thrown) {
    URL.revokeObjectURL(picture.preview)
    const refusal = { ...(await refusalOf(picture.key, file, toAppError(thrown))), name }
    const holder = holderOf(picture.key)
    updateHolder(picture.key, (draft) => refuse(draft, refusal))
    if (holder !== null) planPrepare(conversationOf(holder), 'pictures')
    return
  }
  const holder = holderOf(picture.key)
  if (holder === null) return
  // a video that neither its name nor its type tell
  if (stored.kind === 'video') {
    URL.revokeObjectURL(picture.preview)
    updateDraft(holder, (draft) => removePicture(draft, picture.key))
    return addVideo(conversationOf(holder), file)
  }
  if (stored.kind === 'paged') return addPaged(picture, stored)
  const { key } = picture
  const attachment = stored
  updateDraft(holder, (draft) => storedPicture(draft, key, attachment))
  planPrepare(conversationOf(holder), 'pictures')
}

/** Opens a file with pages that was stored, and lets some of it be chosen in the place of `picture`, which stood for it until then. */
async function addPaged({ key, name, preview }: Picture, file: PagedFile): Promise<void> {
  let pages: Pick<PageChoice, 'pages' | 'labels'>
  try {
    pages = await pagesOf(file)
  } catch (thrown) {
    const { message } = toAppError(thrown)
    updateHolder(key, (draft) => refuse(draft, { key, name, message }))
    return
  } finally {
    URL.revokeObjectURL(preview)
  }
  const holder = holderOf(key)
  if (holder === null) return
  updateDraft(holder, (draft) => removePicture(draft, key))
  offerPages({ key, conversationId: conversationOf(holder), file, ...pages })
}

/** Adds files to the question in their order and stores them; what is refused becomes a note with the reason. */
export async function addFiles(conversationId: string | null, files: readonly File[]): Promise<void> {
  const key = draftKey(conversationId)
  const free = MAX_PICTURES - draftOf(key).pictures.length
  for (const file of files.slice(Math.max(0, free))) {
    updateDraft(key, (draft) =>
      refuse(draft, {
        key: crypto.randomUUID(),
        name: file.name,
        message: `A question takes at most ${MAX_PICTURES} pictures and videos.`,
      }),
    )
  }
  await Promise.all(
    files.slice(0, Math.max(0, free)).map((file) => (isVideo(file) ? addVideo : addFile)(conversationId, file)),
  )
}

/** Makes the question's pictures the frames of one video. */
export function makeVideo(conversationId: string | null): void {
  updateDraft(draftKey(conversationId), (draft) =>
    asVideo(draft, crypto.randomUUID(), `${draft.pictures.filter(({ clip }) => !clip).length} frames`),
  )
  planPrepare(conversationId, 'pictures')
}

/** Makes the frames of a video pictures again. */
export function makePictures(conversationId: string | null, key: string): void {
  updateDraft(draftKey(conversationId), (draft) => asPictures(draft, key))
  planPrepare(conversationId, 'pictures')
}

/** Takes a picture out of the question. */
export function takeOut(conversationId: string | null, key: string): void {
  const picture = draftOf(draftKey(conversationId)).pictures.find((one) => one.key === key)
  if (picture) free(picture)
  updateDraft(draftKey(conversationId), (draft) => removePicture(draft, key))
  planPrepare(conversationId, 'pictures')
}

/** Changes the words before a picture or video. */
export function setLead(conversationId: string | null, key: string, lead: string): void {
  updateDraft(draftKey(conversationId), (draft) => ({
    ...draft,
    error: null,
    pictures: draft.pictures.map((picture) => (picture.key === key ? { ...picture, lead } : picture)),
  }))
  planPrepare(conversationId, 'text')
}

/** Takes away the places of words that were emptied. */
export const dropEmptyLeads = (conversationId: string | null): void =>
  updateDraft(draftKey(conversationId), (draft) =>
    draft.pictures.some(({ lead }) => lead?.trim() === '') ? ofBlocks<Picture, Draft>(draft, written(draft)) : draft,
  )

const written = (draft: Draft): readonly Block<Picture>[] =>
  blocksOf<Picture>(draft).map((block, at, { length }) =>
    isWords(block) && at < length - 1 && block.trim() === '' ? '' : block,
  )

/** Adds files as the user brings them: at the caret where media stand among the words, or where it is in a sentence. */
export function addFilesAtCaret(conversationId: string | null, files: readonly File[]): void {
  const caret = composerCaret()
  const key = draftKey(conversationId)
  const before = draftOf(key)
  // words that are being sent stay as they are
  const isAmongWords = !before.sending && standsAtCaret(before, caret)
  void addFiles(conversationId, files)
  if (!isAmongWords) return
  const known = new Set(before.pictures.map((picture) => picture.key))
  const added = draftOf(key).pictures.flatMap((picture) => (known.has(picture.key) ? [] : picture.key))
  if (added.length > 0) putAtCaret(conversationId, added, caret)
}

/** Puts media of the question among its words, where the caret is. */
export function putAtCaret(
  conversationId: string | null,
  keys: readonly string[],
  caret: Caret = composerCaret(),
): void {
  updateDraft(draftKey(conversationId), (draft) =>
    draft.sending ? draft : placeAt<Picture, Draft>(draft, keys, caret),
  )
  goBehindPlaced()
  planPrepare(conversationId, 'pictures')
}

/** Moves a picture or video over one word, forward or back. */
export function moveInWords(conversationId: string | null, key: string, by: 1 | -1): void {
  updateDraft(draftKey(conversationId), (draft) =>
    draft.sending ? draft : moveOverWord<Picture, Draft>(draft, key, by),
  )
  planPrepare(conversationId, 'pictures')
}

/** Moves a picture to position `to`. */
export function reorder(conversationId: string | null, key: string, to: number): void {
  updateDraft(draftKey(conversationId), (draft) => movePicture(draft, key, to))
  planPrepare(conversationId, 'pictures')
}

/** Chooses the detail of one picture; null: as in the settings. */
export function chooseDetail(conversationId: string | null, key: string, budget: PictureBudget | null): void {
  updateDraft(draftKey(conversationId), (draft) => setPictureDetail(draft, key, budget))
  planPrepare(conversationId, 'pictures')
  void drawAgain(key, budget)
}

/** Changes what is drawn on a picture. */
export function drawOn(conversationId: string | null, key: string, marks: readonly PictureMark[]): void {
  updateDraft(draftKey(conversationId), (draft) => setPictureMarks(draft, key, marks))
  planPrepare(conversationId, 'text')
}

/** Chooses what the answer is held to; null: nothing. */
export function setFormat(conversationId: string | null, format: ChosenFormat | null): void {
  updateDraft(draftKey(conversationId), (draft) => ({ ...draft, format, error: null }))
  planPrepare(conversationId, 'text')
}

/** Removes the note about a refused file. */
export const dismissRefusal = (conversationId: string | null, key: string): void =>
  updateDraft(draftKey(conversationId), (draft) => dismiss(draft, key))

/** Questions that are being sent, by the key of their draft. */
const sending = new Map<string, AbortController>()

/**
 * Sends the question. It takes with it what the draft holds now; what comes to it until the core has the question stays, with
 * the conversation that the question starts. On failure the draft stays, with the error; none when it was cancelled.
 */
export async function send(conversationId: string | null): Promise<{ conversationId: string } | null> {
  const key = draftKey(conversationId)
  const draft = draftOf(key)
  const edits = editedIn(conversationId)
  if (!canSend(draft)) return null
  // before the question: the core empties the draft with it, and nothing of it is saved again after that
  void saveDraft(conversationId)
  const abort = new AbortController()
  sending.set(key, abort)
  updateDraft(key, (now) => ({ ...now, sending: true, error: null }))
  try {
    const sent = await withFrames(
      conversationId,
      () =>
        call((core) =>
          core.ask.send({
            conversationId,
            parts: toParts(draft),
            format: draft.format,
            compareWith: comparedIn(conversationId)?.id ?? null,
            ...thinkingIn(conversationId),
            ...jobIn(conversationId),
            ...presetIn(conversationId),
            // what is edited is no part of the conversation's draft
            ...(edits === null
              ? {
                  draft: toSaved(draft, comparedIn(conversationId), {
                    ...thinkingIn(conversationId),
                    ...savedJob(conversationId),
                    ...presetIn(conversationId),
                  }),
                }
              : { edits }),
          }),
        ),
      {
        signal: abort.signal,
        onReading: (reading) => updateDraft(key, (now) => ({ ...now, reading })),
        own: videosOf(draft),
      },
    )
    if (conversationId === null) {
      keepComparing(sent.conversationId)
      keepThinking(sent.conversationId)
      keepJob(sent.conversationId)
      keepPreset(sent.conversationId)
    }
    // Only now: until the answer runs, what encodes the pictures is not to be stopped.
    cancelPrepare(conversationId)
    takeSent(key, ownKey(sent.conversationId), draft)
    if (edits !== null) leaveEditing(sent.conversationId)
    return sent
  } catch (thrown) {
    const error = abort.signal.aborted ? null : toAppError(thrown).toInfo()
    updateDraft(key, (now) => ({ ...now, sending: false, reading: null, error }))
    // removed in another window: the question is not lost with it, and says in the next conversation why it is there
    if (conversationId !== null && error?.code === 'NotFound' && error.detail?.['id'] === conversationId)
      moveDraft(key, ownKey(null), draftOf(key))
    // the question that was edited is gone: what was written goes on as a new one, and says so
    if (conversationId !== null && edits !== null && error?.detail?.['edits'] === edits) {
      moveDraft(key, ownKey(conversationId), draftOf(key))
      leaveEditing(conversationId)
    }
    return null
  } finally {
    sending.delete(key)
  }
}

/** Gives up sending a question while frames of videos are read for it again; what is read already is kept. */
export const cancelSending = (conversationId: string | null): void => sending.get(draftKey(conversationId))?.abort()

/** Takes what was sent out of its draft; the rest goes on in the draft of the conversation that has the question. */
function takeSent(from: string, to: string, sent: Draft): void {
  const now = draftOf(from)
  const left = withoutSent(now, sent)
  for (const picture of now.pictures) if (!left.pictures.includes(picture)) free(picture)
  moveDraft(from, to, left)
}

/** Empties one draft and puts `draft` into another, before what is there. */
function moveDraft(from: string, to: string, draft: Draft): void {
  forgetMedia(from)
  updateDraft(from, () => emptyDraft)
  if (isEmpty(draft)) return
  updateDraft(to, (there) => ({ ...joinDrafts(draft, there), error: draft.error ?? there.error }))
  planPrepare(conversationOf(to), 'pictures')
}

/**
 * A conversation was removed in another window while this one shows it: what was being composed in it goes on as the question
 * that starts the next one, which is what this window shows then, and says why it is there. A question that is being sent
 * finds out by itself.
 */
export function rescueDraft(conversationId: string): void {
  const message = 'The conversation was removed in another window. What you were writing in it is here now.'
  const rescue = (key: string): void => {
    const draft = draftOf(key)
    if (draft.sending || isEmpty(draft)) return
    cancelPrepare(conversationId)
    moveDraft(key, ownKey(null), { ...draft, preparing: false, totals: null, error: { code: 'NotFound', message } })
  }
  const edited = draftKey(conversationId)
  rescue(edited)
  if (editedIn(conversationId) === null || draftOf(edited).sending) return
  leaveEditing(conversationId)
  rescue(ownKey(conversationId))
}

/** Adds files and sends them with `text` at once; what is refused stays in the composer and nothing is sent. */
export async function askWith(
  conversationId: string | null,
  files: readonly File[],
  text: string,
): Promise<{ conversationId: string } | null> {
  const key = draftKey(conversationId)
  const refused = draftOf(key).refusals.length
  updateDraft(key, (draft) => ({ ...draft, text, error: null }))
  await addFiles(conversationId, files)
  return draftOf(key).refusals.length > refused ? null : send(conversationId)
}
