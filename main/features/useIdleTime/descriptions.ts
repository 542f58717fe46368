import { AppError } from '#contract'
import type { Contract, Settings } from '#contract'
import type { AnswerRequest, Engine, IdleWork } from '../../engine/index.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { Conversations } from '../../services/conversations/index.ts'
import type { AttachmentGateway } from '../../services/media/index.ts'
import type { Chosen } from '../../services/models/index.ts'
import type { SettingsService } from '../../services/settings/index.ts'
import { isInMemory, takesAnyQuestion } from './ableModel.ts'
import type { AbleModelParts } from './ableModel.ts'

/** So long nothing has to have been asked before the next picture is described, in ms. */
export const QUIET_MS = 30_000
/** The longest description and the context that it is written in, in tokens. */
const MAX_TOKENS = 160
const CONTEXT_TOKENS = 2048
/** A picture is looked at as large as this at most, in pixels: about 800 tokens. */
const MAX_PIXELS = 640_000
const greedy = { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null } as const

const asking =
  'Describe this picture in two or three sentences, so that it can be found by a search: what it is, what is in it and where, colours, and words that can be read.'
/** The demo model was taught this one. */
const askingDemo = 'What is in the picture?'

export interface DescriptionsParts extends AbleModelParts {
  readonly conversations: Pick<Conversations, 'gallery'>
  readonly settings: Pick<SettingsService, 'current' | 'onChange'>
  readonly attachments: Pick<AttachmentGateway, 'get' | 'pathOf'>
  /** For descriptions that somebody asked for. */
  readonly asked: Pick<Engine, 'batch'>
  /** For those that are made meanwhile. */
  readonly engine: Pick<Engine, 'state' | 'batch'>
  readonly idle: Pick<IdleWork, 'add' | 'look'>
  readonly now?: () => number
}

/** Has models say what is in pictures, so that search finds them: when it is asked for, or while nothing is. */
export interface Descriptions {
  /** Answers the window's calls about the gallery. They throw as the contract says. */
  readonly procedures: HandlersOf<Contract>['gallery']
}

export function createDescriptions(parts: DescriptionsParts): Descriptions {
  const { conversations, settings, models, profileOf, engine, asked, idle, now = Date.now } = parts
  const { gallery } = conversations
  /** Pictures that could not be described; they are not tried again until the next start. */
  const failed = new Set<string>()

  async function describe(
    sha: string,
    chosen: Chosen,
    by: Pick<Engine, 'batch'>,
    signal: AbortSignal,
  ): Promise<string> {
    const request = requestFor(sha, chosen, parts)
    let text = ''
    for await (const event of by.batch(request.model, [request], { signal, isSpare: by === engine })) {
      if (event.type === 'text') text += event.text
      else if (event.type === 'failed') throw AppError.from(event.error)
    }
    if (signal.aborted) throw new AppError('Interrupted', 'Stopped.')
    const description = plain(text)
    if (description === '')
      throw new AppError('EngineFailed', 'The model said nothing about this picture. Try another model.')
    gallery.describe(sha, { text: description, model: chosen.model.name }, now())
    return description
  }

  idle.add({
    afterMs: QUIET_MS,
    next() {
      if (!settings.current.describePictures) return null
      const chosen = models.chosen()
      if (!isInMemory(chosen, engine) || !describes(chosen, parts)) return null
      const sha = gallery.nextUndescribed(failed)
      if (sha === null) return null
      return async (signal) => {
        try {
          await describe(sha, chosen, engine, signal)
        } catch (error) {
          if (!signal.aborted) failed.add(sha)
          throw error
        }
      }
    },
  })
  settings.onChange(({ describePictures }: Settings) => describePictures && idle.look())

  return {
    procedures: {
      list: ({ kind, offset, limit }) => gallery.list(kind, offset, limit),
      described: () => gallery.described(),
      async describe({ sha }, { signal }) {
        const chosen = models.chosen()
        if (!takesAnyQuestion(chosen, profileOf) || !chosen.model.projectorPath)
          throw new AppError(
            'InvalidInput',
            `${chosen.model.name} does not describe pictures. Choose a model for everything, then try again.`,
          )
        return { description: await describe(sha, chosen, asked, signal) }
      },
      forget: ({ sha }) => gallery.forget(sha),
    },
  }
}

/** Whether a model describes pictures without being told to: one that always thinks would take its time. */
const describes = (chosen: Chosen, { profileOf, engine }: DescriptionsParts): boolean =>
  chosen.model.projectorPath !== null && engine.state.thinking !== 'always' && takesAnyQuestion(chosen, profileOf)

/** @throws AppError NotFound. */
function requestFor(sha: string, chosen: Chosen, { attachments }: DescriptionsParts): AnswerRequest {
  const picture = attachments.get(sha)
  if (picture?.kind !== 'image') throw new AppError('NotFound', 'This picture is not stored here any more.', { sha })
  const { textPath, projectorPath, isDemo, defaults } = chosen.model
  const { name, width, height } = picture
  const source = { path: attachments.pathOf(sha), digest: sha, size: { width, height }, name }
  const { minPixels } = defaults.budget
  return {
    model: { textPath, projectorPath },
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source },
          { type: 'text', text: isDemo ? askingDemo : asking },
        ],
      },
    ],
    budget: { minPixels, maxPixels: Math.max(minPixels, Math.min(MAX_PIXELS, defaults.budget.maxPixels)) },
    contextTokens: CONTEXT_TOKENS,
    maxTokens: MAX_TOKENS,
    sampling: greedy,
    thinking: 'off',
    context: chosen.context,
  }
}

/** What a model said, without its marks for places and for bold. */
const plain = (text: string): string =>
  text
    .replace(/<\|object_ref_(start|end)\|>/g, '')
    .replace(/<\|box_start\|>.*?<\|box_end\|>/gs, '')
    .replace(/<\|[^|]*\|>|\*\*/g, '')
    .replace(/\s+/gu, ' ')
    .trim()
