import { connectionLost, toAppError } from '../../lib/errors.ts'
import { pictureUrl, whenHost } from '../../lib/host.ts'
import { VIDEO_MARK } from '../../lib/video/index.ts'
import { addFiles, takeOut } from './actions.ts'
import { draftKey, draftOf, movePicture, refuse, updateDraft, updateHolder } from './draft.ts'
import type { Picture } from './draft.ts'
import { addVideo } from './video/clips.ts'

/** The stored file of a picture or video of the question; null: it is not stored yet. Throws AppError Interrupted. */
async function storedFile(picture: Picture | undefined): Promise<File | null> {
  const { attachment, name } = picture ?? {}
  const address = attachment && pictureUrl(await whenHost(), attachment.sha)
  if (!attachment || !address || name === undefined) return null
  const answer = await fetch(address).catch(() => null)
  if (!answer?.ok) throw connectionLost()
  // what the core made of one that no browser shows has another type
  const blob = await answer.blob()
  return new File([blob], name, { type: blob.type || attachment.mime })
}

/** Puts what `add` adds in the place of a picture or video. */
function replaceBy(conversationId: string | null, key: string, add: () => void): void {
  const place = draftKey(conversationId)
  const index = draftOf(place).pictures.findIndex((one) => one.key === key)
  if (index < 0) return
  takeOut(conversationId, key)
  add()
  const added = draftOf(place).pictures.at(-1)
  if (added) updateDraft(place, (draft) => movePicture(draft, added.key, index))
}

/** Says why something could not be done with a picture or video, which stays as it is. */
function sayWhy(key: string, name: string, thrown: unknown): void {
  const { message } = toAppError(thrown)
  updateHolder(key, (draft) => refuse(draft, { key: crypto.randomUUID(), name, message }))
}

/** Makes a picture that moves a video: each of its pictures is a frame, shown for as long as its file says. */
export async function makeMoving(conversationId: string | null, key: string): Promise<void> {
  const picture = draftOf(draftKey(conversationId)).pictures.find((one) => one.key === key)
  try {
    const file = await storedFile(picture)
    if (!file) return
    const marked = new File([file, VIDEO_MARK], file.name, { type: file.type })
    replaceBy(conversationId, key, () => void addVideo(conversationId, marked))
  } catch (thrown) {
    sayWhy(key, picture?.name ?? '', thrown)
  }
}

/** Makes a video that is a picture that moves its first picture. */
export async function makeStill(conversationId: string | null, key: string): Promise<void> {
  const video = draftOf(draftKey(conversationId)).pictures.find((one) => one.key === key)
  try {
    const file = await storedFile(video)
    if (!file) return
    const still = new File([file.slice(0, file.size - VIDEO_MARK.length)], file.name, { type: file.type })
    replaceBy(conversationId, key, () => void addFiles(conversationId, [still]))
  } catch (thrown) {
    sayWhy(key, video?.name ?? '', thrown)
  }
}
