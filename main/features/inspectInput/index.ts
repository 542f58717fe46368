import { AppError } from '#contract'
import type { Contract, InputSlice, MediaPart, Message, ModelInput, Part, SeenBy, SeenMedium, Size } from '#contract'
import { families, visionOf } from '../../lib/families/families.ts'
import { tokenPixels, windowTokens } from '../../lib/families/family.ts'
import { framesOfSlice, gridOf, mediaPositions } from '../../lib/families/grid.ts'
import type { Grid } from '../../lib/families/grid.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { Conversations } from '../../services/conversations/index.ts'
import type { Models } from '../../services/models/index.ts'

export interface InspectInputParts {
  readonly conversations: Pick<Conversations, 'get' | 'message' | 'path' | 'pathIds'>
  readonly models: Pick<Models, 'list'>
}

/** What models got to see of pictures and videos, as their answers keep it. */
export interface InspectInput {
  /** They throw as `inputs` of the contract says. */
  readonly procedures: HandlersOf<Contract>['inputs']
}

/** An answer that got a picture or video, and how. */
interface Look {
  readonly answer: Message & { readonly seen: NonNullable<Message['seen']> }
  readonly medium: SeenMedium
}

/** Inputs of the answers of `conversations`; no model is loaded for them. */
export function createInspectInput({ conversations, models }: InspectInputParts): InspectInput {
  /** The answers whose models got a part of a question: those of the question in their order, else the next one on the shown path. */
  function looksAt(question: Message, part: number): Look[] {
    const path = conversations.path(question.id)
    const { leafId } = conversations.get(question.conversationId)
    const shown = leafId === null ? [] : conversations.path(leafId)
    const below = shown.findIndex(({ id }) => id === question.id) + 1
    const later = below > 0 ? shown.slice(below) : []
    const own = (later[0]?.siblings ?? []).map((id) => conversations.message(id))
    const looks = own.flatMap((answer) => lookOf(answer, path, { question, part }) ?? [])
    if (looks.length > 0) return looks
    for (const [i, answer] of later.entries()) {
      const look = lookOf(answer, shown.slice(0, below + i), { question, part })
      if (look) return [look]
    }
    return []
  }

  function seenBy({ answer }: Look): SeenBy {
    const { id: answerId, model, createdAt } = answer
    return { answerId, model, createdAt, isThere: models.list().some(({ name }) => name === model) }
  }

  return {
    procedures: {
      inspect({ messageId, part, answerId }) {
        const question = conversations.message(messageId)
        const medium = question.parts[part]
        if (!medium || medium.type === 'text' || medium.type === 'reasoning')
          throw new AppError('NotFound', 'There is no picture or video at this place of the question.')
        const looks = looksAt(question, part)
        const named = answerId === undefined ? undefined : looks.find(({ answer }) => answer.id === answerId)
        const asked = answerId === undefined ? undefined : (named ?? lookById(answerId, question, part))
        const { leafId } = conversations.get(question.conversationId)
        const onPath = new Set(leafId === null ? [] : conversations.pathIds(leafId))
        const look = asked ?? looks.find(({ answer }) => onPath.has(answer.id)) ?? looks[0]
        if (!look) throw notSeen(question)
        const answers = looks.includes(look) ? looks : [look, ...looks]
        return inputOf(medium, look, seenBy(look), answers.map(seenBy))
      },
    },
  }

  /** An answer that stands elsewhere, as the second of a pair does. Throws NotFound for one that did not get it. */
  function lookById(answerId: string, question: Message, part: number): Look {
    const path = conversations.path(answerId)
    const look = lookOf(path.at(-1)!, path.slice(0, -1), { question, part })
    if (!look) throw notSeen(question)
    return look
  }
}

const notSeen = ({ id }: Message): AppError =>
  new AppError(
    'NotFound',
    'No answer here tells how a model got this. Ask about it, or have it answered again, and look here then.',
    { messageId: id },
  )

const isMedium = (part: Part): part is MediaPart => part.type !== 'text' && part.type !== 'reasoning'

/** How an answer with `before` above it got a part of a question; null: it did not, or does not tell which of its media it is. */
function lookOf(
  answer: Message,
  before: readonly Message[],
  { question, part }: { readonly question: Message; readonly part: number },
): Look | null {
  const { seen } = answer
  if (!seen || answer.role !== 'assistant') return null
  // pages are read one by one, each in a prompt of its own
  const readsPages = before.at(-1)?.job?.pages === 'each' && seen.profile !== undefined
  const messages = readsPages ? before.slice(-1) : before.slice(answer.leftOut).filter(({ role }) => role === 'user')
  const shown = messages.flatMap(({ id, parts }) =>
    parts.flatMap((each, place) => (isMedium(each) && (!readsPages || each.type === 'image') ? [{ id, place }] : [])),
  )
  if (!readsPages && shown.length !== seen.media.length) return null
  const medium = seen.media[shown.findIndex(({ id, place }) => id === question.id && place === part)]
  return medium ? { answer: { ...answer, seen }, medium } : null
}

function inputOf(part: MediaPart, { answer, medium }: Look, seenBy: SeenBy, answers: SeenBy[]): ModelInput {
  const { family } = answer.seen
  const vision = visionOf(family)
  const size: Size = { width: medium.width, height: medium.height }
  const grid = gridOf(size, medium.frames, medium.timeStep ?? 1, vision)
  const side = windowTokens(vision)
  const { times, rows, columns } = grid
  const positions = positionsOf(grid, medium.starts)
  const attachment = part.type === 'frames' ? part.pictures[0]! : part.attachment
  return {
    kind: part.type === 'image' ? 'picture' : 'video',
    name: part.type === 'frames' ? part.name : part.attachment.name,
    page: (attachment.kind === 'image' && attachment.page?.number) || null,
    seenBy,
    answers,
    family: { id: family, label: families.find(({ id }) => id === family)!.label },
    original: { width: attachment.width, height: attachment.height },
    input: size,
    patch: vision.patchPixels,
    token: tokenPixels(vision),
    grid: { times, rows, columns },
    tokens: medium.tokens,
    windows: side === null ? null : { side, rows: Math.ceil(rows / side), columns: Math.ceil(columns / side) },
    slices: Array.from({ length: times }, (_, t) => ({
      frames: part.type === 'image' ? [0] : [...framesOfSlice(t, medium.frames)],
      positions: positions(t),
      encoded: medium.encoded?.[t] ?? null,
    })),
    ...framesOf(part, size),
  }
}

/** The positions of each slice of a medium that begins at these places of the prompt: one, or one for each slice. */
function positionsOf(grid: Grid, starts: readonly number[] = []): (t: number) => InputSlice['positions'] {
  const perSlice = grid.rows * grid.columns
  const standsApart = starts.length > 1
  const whole = starts.length === 1 ? mediaPositions(grid, starts[0]!) : null
  return (t) => {
    const start = starts[t]
    const positions = whole ?? (start === undefined ? null : mediaPositions({ ...grid, times: 1 }, start))
    if (!positions) return null
    const first = standsApart ? 0 : t * perSlice
    const range = (kind: number): [number, number] => {
      const from = (kind * positions.length) / 4 + first
      return [positions[from]!, positions[from + perSlice - 1]!]
    }
    return { t: range(0), h: range(1), w: range(2) }
  }
}

function framesOf(part: MediaPart, { width, height }: Size): Pick<ModelInput, 'frames' | 'video'> {
  const input = `?input=${width}x${height}`
  const picture = (sha: string, ms: number | null) => ({ input: `${sha}${input}`, original: sha, ms })
  switch (part.type) {
    case 'image':
      return { frames: [picture(part.attachment.sha, null)], video: null }
    case 'frames': {
      const at = (n: number) => (n * 1000) / part.fps
      return {
        frames: part.pictures.map(({ sha }, n) => picture(sha, at(n))),
        video: { file: null, startMs: 0, durationMs: at(part.pictures.length) },
      }
    }
    case 'video': {
      const { sha, startMs, durationMs } = part.attachment
      return {
        frames: part.sample.timesMs.map((ms, n) => ({ input: `frames/${part.key}/${n}${input}`, original: null, ms })),
        video: { file: sha, startMs, durationMs },
      }
    }
  }
}
