import { announce } from '../../lib/announce.ts'
import { useHost } from '../../lib/host.ts'
import { blocksOf, isWords, ofBlocks } from './blocks.ts'
import { draftKey, draftOf, emptyDraft, toSaved, updateDraft } from './draft.ts'
import type { Draft, Picture } from './draft.ts'
import { planPrepare } from './prepare.ts'
import { toPictures } from './restoring.ts'
import { reopenVideo } from './video/clips.ts'

type Composed = Pick<Draft, 'pictures' | 'text'>
/** A change of a question's media: how it was composed before and after. */
interface Change {
  readonly before: Composed
  readonly after: Composed
}

/** So many changes of each question can be undone. */
const MOST = 50
/** What can be undone and done again, by the key of the draft, the latest last. */
const done = new Map<string, Change[]>()
const undone = new Map<string, Change[]>()

/** Does what changes the media of a question, so that it can be undone. */
export function undoable(conversationId: string | null, change: () => void): void {
  const key = draftKey(conversationId)
  const before = draftOf(key)
  change()
  const after = draftOf(key)
  if (before.pictures === after.pictures && before.text === after.text) return
  // what was not stored yet is gone with its place
  const isHeld = ({ key }: Picture): boolean => after.pictures.some((picture) => picture.key === key)
  if (before.pictures.some((picture) => !isHeld(picture) && !picture.attachment && !picture.clip?.pictures)) return
  done.set(key, [...(done.get(key) ?? []), { before, after }].slice(-MOST))
  undone.delete(key)
}

/** What was sent, or goes on elsewhere, is not taken back any more. `key`: that of its draft. */
export function forgetMedia(key: string): void {
  done.delete(key)
  undone.delete(key)
}

const wordsOf = ({ pictures, text }: Composed): string =>
  [...pictures.map(({ lead }) => lead ?? ''), text].filter((words) => words !== '').join('\0')

/**
 * Takes back the last change of a question's media, or does it again (`isRedo`). Whether it did: words that were typed since are
 * the field's own to take back first.
 */
export function undoMedia(conversationId: string | null, isRedo: boolean): boolean {
  const key = draftKey(conversationId)
  const [from, to] = isRedo ? [undone, done] : [done, undone]
  const change = from.get(key)?.at(-1)
  const draft = draftOf(key)
  if (!change || draft.sending) return false
  const left = isRedo ? change.before : change.after
  const isThere = ({ key }: Picture): boolean => draft.pictures.some((picture) => picture.key === key)
  // words were typed, or media became others, since
  if (wordsOf(draft) !== wordsOf(left) || !left.pictures.every(isThere)) return false
  const wanted = isRedo ? change.after : change.before
  from.set(key, from.get(key)!.slice(0, -1))
  to.set(key, [...(to.get(key) ?? []), change])
  const held = new Map(draft.pictures.map((picture) => [picture.key, picture]))
  const again = (picture: Picture): Picture | null => {
    const now = held.get(picture.key)
    return now ? { ...now, budget: picture.budget } : revived(picture)
  }
  const blocks = blocksOf<Picture>(wanted).flatMap((block) => (isWords(block) ? block : (again(block) ?? [])))
  const composed = ofBlocks<Picture, Composed>(wanted, blocks)
  const known = new Set(left.pictures.map((picture) => picture.key))
  // what was added since stays
  const pictures = [...composed.pictures, ...draft.pictures.filter((picture) => !known.has(picture.key))]
  updateDraft(key, (now) => ({ ...now, pictures, text: composed.text, totals: null, error: null }))
  for (const { key: picture, clip } of pictures)
    if (clip && !clip.pictures && !held.has(picture)) void reopenVideo(picture)
  planPrepare(conversationId, 'pictures')
  announce(isRedo ? 'Done again' : 'Undone')
  return true
}

/** A picture or video that was taken out, from its stored file; null: it was not stored yet. */
function revived(picture: Picture): Picture | null {
  const { host } = useHost.getState()
  const { media } = toSaved({ ...emptyDraft, pictures: [picture] }, null)
  const files = [picture, ...(picture.clip?.pictures ?? [])].flatMap(({ attachment }) => attachment ?? [])
  const [again] = host ? toPictures(media, files, host) : []
  return again ? { ...again, key: picture.key } : null
}
