import { isDeepStrictEqual } from 'node:util'
import type { Attachment, Contract, SavedDraft, SavedMedium, Sha256 } from '#contract'
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
   * are left out and named in `lost`. `save` with `over`, the draft that this one takes the place of: where another is there
   * by now, both are kept. `save` throws NotFound for a conversation that was removed, both StorageFailed.
   */
  readonly procedures: HandlersOf<Contract>['drafts']
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
    const { media, compareWith, ...rest } = drafts.get(conversationId)
    const found = new Map<Sha256, Attachment>()
    for (const sha of media.flatMap(shasOf)) {
      const attachment = attachments.get(sha)
      if (attachment) found.set(sha, attachment)
    }
    const isWhole = (medium: SavedMedium) => shasOf(medium).every((sha) => found.has(sha))
    return {
      draft: {
        ...rest,
        media: media.filter(isWhole),
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
        // the one before as the window got it: without what was lost since
        if (over && !isDeepStrictEqual(get(conversationId).draft, over)) drafts.add(conversationId, draft)
        else drafts.save(conversationId, draft)
      },
    },
  }
}

const shasOf = (medium: SavedMedium): Sha256[] =>
  medium.type === 'frames' ? medium.pictures.map(({ sha }) => sha) : [medium.sha]
