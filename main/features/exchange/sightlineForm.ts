import { z } from 'zod'
import { AppError, Conversation, Folder, Id, Message } from '#contract'
import type { WholeConversation } from '../../services/conversations/index.ts'

/** The file that tells an export of our own, and its version. A version that only adds fields keeps its number. */
export const MANIFEST = 'sightline.json'
const VERSION = 1
const FORMAT = 'sightline-conversations'

/** The most messages of a conversation that is imported. */
const MAX_MESSAGES = 200_000

const Manifest = z.object({
  format: z.literal(FORMAT),
  version: z.int(),
  /** Files of conversations, relative to the manifest. */
  conversations: z.array(z.string().regex(/^conversations\/[\w-]{1,64}\.json$/)).max(200_000),
})

const StoredConversation = z.object({
  conversation: Conversation.extend({ title: z.string().max(1000) }),
  messages: z.array(Message.omit({ siblings: true, mediaBefore: true }).extend({ id: Id })).max(MAX_MESSAGES),
  folder: Folder.optional(),
})

/** The manifest of an export of these conversations. */
export const writeManifest = (ids: readonly string[], exportedAt: number): string =>
  `${JSON.stringify(
    {
      format: FORMAT,
      version: VERSION,
      exportedAt: new Date(exportedAt).toISOString(),
      conversations: ids.map(conversationFile),
    },
    null,
    2,
  )}\n`

/** Where a conversation stands in an export. */
export const conversationFile = (id: string): string => `conversations/${id}.json`

/** A conversation as it stands in an export. */
export const writeConversation = ({ conversation, messages, folder }: WholeConversation): string =>
  JSON.stringify({ conversation, messages, folder }, null, 1)

/** The conversations that a manifest names. Throws InvalidInput for a damaged one, and one of a newer version. */
export function readManifest(content: string): readonly string[] {
  const read = Manifest.safeParse(parse(content, MANIFEST))
  if (!read.success) throw damaged(MANIFEST, read.error)
  if (read.data.version > VERSION)
    throw new AppError(
      'InvalidInput',
      'This export was made by a newer version of Sightline. Install that, then import it there.',
    )
  return read.data.conversations
}

/** A conversation of an export. Throws InvalidInput for one that is damaged or was changed so that it makes no sense. */
export function readConversation(content: string, name: string): WholeConversation {
  const read = StoredConversation.safeParse(parse(content, name))
  if (!read.success) throw damaged(name, read.error)
  const { conversation, messages, folder } = read.data
  const known = new Map(messages.map((message) => [message.id, message]))
  const isWhole =
    messages.length > 0 &&
    messages.every(
      (message) =>
        message.conversationId === conversation.id &&
        message.status !== 'streaming' &&
        (message.beside === null || known.get(message.beside)?.parentId === message.parentId),
    ) &&
    (conversation.leafId === null || known.has(conversation.leafId))
  if (!isWhole) throw damaged(name)
  return { conversation, messages, folder }
}

function parse(content: string, name: string): unknown {
  try {
    return JSON.parse(content)
  } catch (error) {
    throw damaged(name, error)
  }
}

const damaged = (name: string, cause?: unknown) =>
  new AppError(
    'InvalidInput',
    `${name} in the export is damaged. Export the conversations anew, then import that.`,
    undefined,
    { cause },
  )
