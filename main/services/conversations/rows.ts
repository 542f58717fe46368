import type {
  AskedJob,
  Conversation,
  ImageAttachment,
  MediaPart,
  Message,
  Part,
  PictureBudget,
  PictureMark,
  ReasoningPart,
  ScreenPlace,
} from '#contract'

export interface ConversationRow {
  readonly position: number
  readonly id: string
  readonly title: string
  readonly created_at: number
  readonly updated_at: number
  readonly leaf_id: string | null
  readonly pinned: number
  readonly archived: number
  readonly deleted_at: number | null
  readonly part_of: string | null
  readonly folder_id: string | null
  readonly cover: string | null
  /** A JSON array. */
  readonly tags: string | null
}

export interface MessageRow {
  readonly position: number
  readonly id: string
  readonly conversation_id: string
  readonly parent_id: string | null
  readonly role: Message['role']
  readonly status: Message['status']
  readonly error: string | null
  readonly model: string | null
  readonly usage: string | null
  readonly timings: string | null
  readonly seen: string | null
  readonly left_out: number
  readonly beside_id: string | null
  readonly format: string | null
  readonly job: string | null
  readonly edited: number
  /** How many media were not in the export that it came from. */
  readonly missing: number
  readonly pictures_before: number
  readonly videos_before: number
  readonly created_at: number
}

/** The thought before an answer. */
export interface ThoughtRow {
  readonly message_id: string
  readonly text: string
  readonly ms: number | null
  readonly tokens: number | null
}

export interface PartRow {
  readonly type: 'text' | MediaPart['type']
  readonly text: string | null
  readonly attachment: string | null
}

export function conversationOf(row: ConversationRow): Conversation {
  return {
    id: row.id,
    title: row.title,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    leafId: row.leaf_id,
    ...(row.pinned !== 0 && { pinned: true }),
    ...(row.archived !== 0 && { archived: true }),
    ...(row.deleted_at !== null && { deletedAt: row.deleted_at }),
    ...(row.part_of !== null && { partOf: row.part_of }),
    ...(row.cover !== null && { cover: row.cover }),
    ...(row.folder_id !== null && { folderId: row.folder_id }),
    ...(row.tags !== null && { tags: JSON.parse(row.tags) as string[] }),
  }
}

export function partOf(row: PartRow): Part {
  if (row.type === 'text') return { type: 'text', text: row.text ?? '' }
  if (row.type !== 'image') return { type: row.type, ...JSON.parse(row.attachment ?? '{}') } as Part
  const { budget, marks, screen, ...attachment } = JSON.parse(row.attachment ?? '{}') as ImageAttachment & {
    budget?: PictureBudget
    marks?: PictureMark[]
    screen?: ScreenPlace
  }
  return { type: 'image', attachment, ...(budget && { budget }), ...(marks && { marks }), ...(screen && { screen }) }
}

export const reasoningOf = ({ text, ms, tokens }: ThoughtRow): ReasoningPart => ({
  type: 'reasoning',
  text,
  ...(ms !== null && { ms }),
  ...(tokens !== null && { tokens }),
})

/** A part with a picture or video as `partOf` reads it again. */
export function storedMedium(part: MediaPart): string {
  if (part.type !== 'image') {
    const { type: _type, ...rest } = part
    return JSON.stringify(rest)
  }
  const { attachment, budget, marks, screen } = part
  return JSON.stringify({ ...attachment, budget, marks, screen })
}

export function messageOf(row: MessageRow, parts: Part[], siblings: string[]): Message {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    parentId: row.parent_id,
    role: row.role,
    parts,
    format: parsed<Message['format']>(row.format),
    ...(row.job !== null && { job: JSON.parse(row.job) as AskedJob }),
    ...(row.edited !== 0 && { edited: true as const }),
    status: row.status,
    error: parsed<Message['error']>(row.error),
    model: row.model,
    usage: parsed<Message['usage']>(row.usage),
    timings: parsed<Message['timings']>(row.timings),
    seen: parsed<Message['seen']>(row.seen),
    leftOut: row.left_out,
    beside: row.beside_id,
    createdAt: row.created_at,
    ...(row.pictures_before + row.videos_before > 0 && {
      mediaBefore: { pictures: row.pictures_before, videos: row.videos_before },
    }),
    siblings,
  }
}

function parsed<T>(json: string | null): T | null {
  return json === null ? null : (JSON.parse(json) as T)
}
