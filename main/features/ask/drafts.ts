import { isDeepStrictEqual } from 'node:util'
import { SavedDraft, emptySavedDraft } from '#contract'
import type { Attachment, Contract, SavedMedium, Sha256 } from '#contract'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { Conversations } from '../../services/conversations/index.ts'
import type { Drafts } from '../../services/drafts/index.ts'
import type { AttachmentGateway } from '../../services/media/index.ts'
import type { Models } from '../../services/models/index.ts'

export interface ComposingParts {
  readonly drafts: Drafts
  readonly attachments: Pick<AttachmentGateway, 'get'>
  readonly conversations: Pick<Conversations, 'get'>
  readonly models: Pick<Models, 'chosen'>
}

/** Composing a question: drafts as the window saves and finds them. */
export interface Composing {
  /**
   * `get`: the draft as it was saved last, empty where there is none or no such conversation; media whose files are gone
   * are left out and named in `lost`. `save` with `over`, what the window saved before: only that is replaced, and what
   * others added stays. `save` throws NotFound for a conversation that was removed, both StorageFailed.
   */
  readonly procedures: HandlersOf<Contract>['drafts']
  /**
   * `draft` of `conversationId` is a question of `sentTo` now: it is taken out of what is stored. What it compares with,
   * whether models may think, the job that is asked for and what a preset set stay with the conversation. Throws StorageFailed.
   */
  sent(conversationId: string | null, draft: SavedDraft, sentTo: string): void
}

/** Drafts over the store of files: a draft is restored as far as what it holds is still there. */
export function createComposing({ drafts, attachments, conversations, models }: ComposingParts): Composing {
  const isUsable = (modelId: string): boolean => {
    try {
      models.chosen(modelId)
      return true
    } catch {
      return false
    }
  }
  const get = (conversationId: string | null): { draft: SavedDraft; attachments: Attachment[]; lost: string[] } => {
    const { media, text, compareWith, ...rest } = drafts.get(conversationId)
    const found = new Map<Sha256, Attachment>()
    for (const sha of media.flatMap(shasOf)) {
      const attachment = attachments.get(sha)
      if (attachment) found.set(sha, attachment)
    }
    const isWhole = (medium: SavedMedium) => shasOf(medium).every((sha) => found.has(sha))
    return {
      draft: {
        ...rest,
        ...without(media, text, isWhole),
        compareWith: compareWith && isUsable(compareWith.id) ? compareWith : null,
      },
      attachments: [...found.values()],
      lost: media.filter((medium) => !isWhole(medium)).map(({ name }) => name),
    }
  }
  return {
    procedures: {
      get: ({ conversationId }) => get(conversationId),
      save({ conversationId, draft, over }) {
        if (conversationId !== null) conversations.get(conversationId)
        // what is there as a window gets it: without what was lost since
        drafts.save(conversationId, over ? replaced(get(conversationId).draft, over, draft) : draft)
      },
    },
    sent(conversationId, draft, sentTo) {
      const { compareWith, thinking, job, preset } = draft
      const manner = { ...(thinking && { thinking }), ...(job && { job }), ...(preset && { preset }) }
      const left = { ...emptySavedDraft, compareWith, ...manner }
      if (conversationId === sentTo) return drafts.save(sentTo, replaced(get(sentTo).draft, draft, left))
      drafts.save(conversationId, replaced(get(conversationId).draft, draft, emptySavedDraft))
      drafts.save(sentTo, left)
    },
  }
}

/**
 * The draft `there` with `draft` in the place of `over`, which is what a window saved of its own before: what other windows
 * added stays. What is there already is not there twice. Where all of it is too much, `draft` alone.
 */
function replaced(there: SavedDraft, over: SavedDraft, draft: SavedDraft): SavedDraft {
  const replacedMedia = new Set(over.media.map((medium) => JSON.stringify(medium)))
  const media = there.media.filter((medium) => !replacedMedia.has(JSON.stringify(medium)))
  const kept = new Set(media.map((medium) => JSON.stringify(medium)))
  const all: SavedDraft = {
    text: replacedText(there.text, over.text, draft.text),
    media: [...media, ...draft.media.filter((medium) => !kept.has(JSON.stringify(medium)))],
    // there is one of each: whoever changes it has the say
    format: isDeepStrictEqual(draft.format, over.format) ? (there.format ?? draft.format) : draft.format,
    compareWith: isDeepStrictEqual(draft.compareWith, over.compareWith)
      ? (there.compareWith ?? draft.compareWith)
      : draft.compareWith,
  }
  const thinking = draft.thinking === over.thinking ? (there.thinking ?? draft.thinking) : draft.thinking
  const job = draft.job === over.job ? (there.job ?? draft.job) : draft.job
  const preset = isDeepStrictEqual(draft.preset, over.preset) ? (there.preset ?? draft.preset) : draft.preset
  return SavedDraft.safeParse({ ...all, thinking, ...(job && { job }), ...(preset && { preset }) }).data ?? draft
}

/** As `replaced`, of the words: each window has lines of its own. */
function replacedText(there: string, over: string, text: string): string {
  const lines = (...parts: string[]): string => parts.filter(Boolean).join('\n')
  const at = over === '' ? -1 : `\n${there}\n`.indexOf(`\n${over}\n`)
  if (at >= 0) return lines(there.slice(0, Math.max(0, at - 1)), text, there.slice(at + over.length + 1))
  return there.includes(text) ? there : lines(there, text)
}

/** The media that are whole, and the words; those before a medium that is not go to what comes after it. */
function without(
  media: readonly SavedMedium[],
  text: string,
  isWhole: (medium: SavedMedium) => boolean,
): Pick<SavedDraft, 'media' | 'text'> {
  const kept: SavedMedium[] = []
  let words = ''
  for (const medium of media) {
    const lead = words + (medium.lead ?? '')
    if (isWhole(medium)) kept.push(words === '' ? medium : { ...medium, lead })
    words = isWhole(medium) ? '' : lead
  }
  return { media: kept, text: words + text }
}

const shasOf = (medium: SavedMedium): Sha256[] =>
  medium.type === 'frames' ? medium.pictures.map(({ sha }) => sha) : [medium.sha]
