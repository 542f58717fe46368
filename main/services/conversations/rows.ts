import type { Attachment, Conversation, Message, Part, PictureBudget } from '#contract'

export interface ConversationRow {
  readonly id: string
  readonly title: string
  readonly created_at: number
  readonly updated_at: number
  readonly leaf_id: string | null
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
  readonly created_at: number
}

export interface PartRow {
  readonly type: Part['type']
  readonly text: string | null
  readonly attachment: string | null
}

export function conversationOf(row: ConversationRow): Conversation {
  return { id: row.id, title: row.title, createdAt: row.created_at, updatedAt: row.updated_at, leafId: row.leaf_id }
}

export function partOf(row: PartRow): Part {
  if (row.type === 'text') return { type: 'text', text: row.text ?? '' }
  const { budget, ...attachment } = JSON.parse(row.attachment ?? '{}') as Attachment & { budget?: PictureBudget }
  return { type: 'image', attachment, ...(budget && { budget }) }
}

export function messageOf(row: MessageRow, parts: Part[], siblings: string[]): Message {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    parentId: row.parent_id,
    role: row.role,
    parts,
    status: row.status,
    error: parsed<Message['error']>(row.error),
    model: row.model,
    usage: parsed<Message['usage']>(row.usage),
    timings: parsed<Message['timings']>(row.timings),
    seen: parsed<Message['seen']>(row.seen),
    leftOut: row.left_out,
    beside: row.beside_id,
    createdAt: row.created_at,
    siblings,
  }
}

function parsed<T>(json: string | null): T | null {
  return json === null ? null : (JSON.parse(json) as T)
}
