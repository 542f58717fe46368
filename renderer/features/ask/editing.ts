import { textOfLines } from '#contract'
import type { Attachment, Message } from '#contract'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { whenHost } from '../../lib/host.ts'
import { savedJob, setJob } from '../../lib/profiles.ts'
import { call } from '../../lib/rpc.ts'
import { conversationOf, draftKey, draftOf, editedIn, emptyDraft, setEdited, updateDraft, useDrafts } from './draft.ts'
import { forgetMedia } from './history.ts'
import { cancelPrepare, planPrepare } from './prepare.ts'
import { composedOf } from './restoring.ts'
import { free, reopenVideo } from './video/clips.ts'

/** The job that a conversation asked for before one of its questions was edited. */
const jobsBefore = new Map<string, string | null>()

/**
 * Opens a stored question in the composer, with its words, pictures, videos, format and job. What was being composed stays as it
 * is and is there again when the edited question was sent or given up.
 */
export async function editQuestion(message: Message): Promise<void> {
  const { conversationId, format, job } = message
  const host = await whenHost()
  endEditing(conversationId)
  const { pictures, text } = composedOf(message, host)
  jobsBefore.set(conversationId, savedJob(conversationId).job ?? null)
  setJob(conversationId, job?.id ?? null)
  setEdited(conversationId, message.id)
  updateDraft(draftKey(conversationId), () => ({ ...emptyDraft, text, pictures, format }))
  for (const { key, clip } of pictures) if (clip && !clip.pictures) void reopenVideo(key)
  planPrepare(conversationId, 'pictures')
  announce('Editing the question')
}

/** Gives up what is being edited in a conversation; its own draft is there again. */
export function endEditing(conversationId: string): void {
  if (editedIn(conversationId) === null) return
  cancelPrepare(conversationId)
  const key = draftKey(conversationId)
  draftOf(key).pictures.forEach(free)
  leaveEditing(conversationId)
}

/** What was edited was sent, or goes on elsewhere: the conversation's own draft is there again. */
export function leaveEditing(conversationId: string): void {
  const key = draftKey(conversationId)
  forgetMedia(key)
  setEdited(conversationId, null)
  const { [key]: _, ...drafts } = useDrafts.getState().drafts
  useDrafts.setState({ drafts })
  setJob(conversationId, jobsBefore.get(conversationId) ?? null)
  jobsBefore.delete(conversationId)
  planPrepare(conversationOf(key), 'pictures')
}

/** Puts words into the question that is being composed, as a quotation in Markdown; the caret goes behind it. */
export function quote(conversationId: string | null, text: string): void {
  const lines = text.trim().split('\n')
  const quoted = lines.map((line) => `> ${line}`.trimEnd()).join('\n')
  updateDraft(draftKey(conversationId), (draft) => ({
    ...draft,
    text: `${draft.text === '' ? '' : `${draft.text.trimEnd()}\n\n`}${quoted}\n\n`,
    error: null,
  }))
  planPrepare(conversationId, 'text')
}

/** Puts what is written on a page into the question, below its name: a model sees it then as words too. */
export async function quotePage(
  conversationId: string | null,
  { sha, name }: Pick<Attachment, 'sha' | 'name'>,
): Promise<void> {
  try {
    const { lines } = await call((core) => core.pages.text({ sha }))
    quote(conversationId, `${name}:\n${textOfLines(lines)}`)
  } catch (thrown) {
    const error = toAppError(thrown).toInfo()
    updateDraft(draftKey(conversationId), (draft) => ({ ...draft, error }))
  }
}
