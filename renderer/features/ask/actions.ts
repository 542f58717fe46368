import type { ChosenFormat, PictureBudget, PictureMark } from '#contract'
import { comparedIn, keepComparing } from '../../lib/comparing.ts'
import { toAppError } from '../../lib/errors.ts'
import { whenHost } from '../../lib/host.ts'
import { call } from '../../lib/rpc.ts'
import { upload } from '../../lib/upload.ts'
import { withFrames } from '../../lib/video/index.ts'
import { cancelPrepare, planPrepare } from './prepare.ts'
import {
  addPicture,
  asPictures,
  asVideo,
  canSend,
  dismiss,
  emptyDraft,
  MAX_PICTURES,
  movePicture,
  refuse,
  removePicture,
  setPictureDetail,
  setPictureMarks,
  storedPicture,
  toParts,
  type Picture,
} from './state.ts'
import { draftKey, draftOf, updateDraft } from './store.ts'
import { addVideo, endClip, freeClip, isVideo, refusalOf } from './video/clips.ts'

/** Changes the question's text. */
export function setText(conversationId: string | null, text: string): void {
  updateDraft(draftKey(conversationId), (draft) => ({ ...draft, text, error: null }))
  planPrepare(conversationId, 'text')
}

async function addFile(conversationId: string | null, file: File): Promise<void> {
  const key = draftKey(conversationId)
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
  updateDraft(key, (draft) => addPicture(draft, picture))
  try {
    const attachment = await upload(await whenHost(), file)
    // a video that neither its name nor its type tell
    if (attachment.kind === 'video') {
      URL.revokeObjectURL(picture.preview)
      updateDraft(key, (draft) => removePicture(draft, picture.key))
      return await addVideo(conversationId, file)
    }
    updateDraft(key, (draft) => storedPicture(draft, picture.key, attachment))
  } catch (thrown) {
    URL.revokeObjectURL(picture.preview)
    const refusal = { ...(await refusalOf(picture.key, file, toAppError(thrown))), name }
    updateDraft(key, (draft) =>
      draft.pictures.some((one) => one.key === picture.key) ? refuse(draft, refusal) : draft,
    )
  }
  planPrepare(conversationId, 'pictures')
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

/** Ends what goes on for a picture or a video and frees the addresses that the window made for it. */
function free({ key, preview, clip }: Picture): void {
  URL.revokeObjectURL(preview)
  if (!clip) return
  endClip(key)
  freeClip(clip)
  for (const picture of clip.pictures ?? []) URL.revokeObjectURL(picture.preview)
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

/** Moves a picture to position `to`. */
export function reorder(conversationId: string | null, key: string, to: number): void {
  updateDraft(draftKey(conversationId), (draft) => movePicture(draft, key, to))
  planPrepare(conversationId, 'pictures')
}

/** Chooses the detail of one picture; null: as in the settings. */
export function chooseDetail(conversationId: string | null, key: string, budget: PictureBudget | null): void {
  updateDraft(draftKey(conversationId), (draft) => setPictureDetail(draft, key, budget))
  planPrepare(conversationId, 'pictures')
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

/** Sends the question. The draft is emptied once the core has it; on failure it stays, with the error. */
export async function send(conversationId: string | null): Promise<{ conversationId: string } | null> {
  const key = draftKey(conversationId)
  const draft = draftOf(key)
  if (!canSend(draft)) return null
  updateDraft(key, (now) => ({ ...now, sending: true, error: null }))
  try {
    const sent = await withFrames(conversationId, () =>
      call((core) =>
        core.ask.send({
          conversationId,
          parts: toParts(draft),
          format: draft.format,
          compareWith: comparedIn(conversationId)?.id ?? null,
        }),
      ),
    )
    if (conversationId === null) keepComparing(sent.conversationId)
    // Only now: until the answer runs, what encodes the pictures is not to be stopped.
    cancelPrepare(conversationId)
    draft.pictures.forEach(free)
    updateDraft(key, () => emptyDraft)
    return sent
  } catch (thrown) {
    updateDraft(key, (now) => ({ ...now, sending: false, error: toAppError(thrown).toInfo() }))
    return null
  }
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
