import type { Message, Part, PictureMark } from '#contract'
import type { StoredMessage, WholeConversation } from '../../services/conversations/index.ts'
import { endingOf } from './media.ts'

/** A message of the line that is shown, with its place among those that it could be. */
export interface Shown {
  readonly message: StoredMessage
  /** From 1. */
  readonly version: number
  readonly versions: number
  /** The other answer of a pair. */
  readonly beside: StoredMessage | null
}

/** The line of a conversation that is shown. */
export function shownLine({ conversation, messages }: WholeConversation): Shown[] {
  const byId = new Map(messages.map((message) => [message.id, message]))
  const line: StoredMessage[] = []
  for (let next = byId.get(conversation.leafId ?? ''); next; next = byId.get(next.parentId ?? '')) line.push(next)
  const below = Map.groupBy(messages, ({ parentId }) => parentId)
  const besides = new Map(
    messages.flatMap((message) => (message.beside === null ? [] : [[message.beside, message] as const])),
  )
  return line.toReversed().map((message) => {
    // a pair of answers is one version
    const versions = (below.get(message.parentId) ?? []).filter(({ beside }) => beside === null)
    const own = versions.findIndex(({ id }) => id === message.id || id === message.beside)
    const beside = (message.beside === null ? besides.get(message.id) : byId.get(message.beside)) ?? null
    return { message, version: own + 1, versions: versions.length, beside }
  })
}

/** A moment as it is written, to the minute, in this computer's time. */
export const momentOf = (ms: number): string => {
  const at = new Date(ms)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`
}

/** Who says a message. */
export const speakerOf = ({ role, model }: Pick<Message, 'role' | 'model'>): string =>
  role === 'user' ? 'You' : (model ?? 'Answer')

/** How an answer ended that did not end by itself; null: it did. */
export function endingWords({ role, status, error }: StoredMessage): string | null {
  if (role === 'user' || status === 'complete') return null
  if (status === 'stopped') return 'Stopped'
  return error?.message ?? (status === 'interrupted' ? 'Interrupted' : 'Failed')
}

/** A mark in words: what it is called and where it is, in hundredths of the picture. */
export function markWords(mark: PictureMark): string {
  const share = (value: number) => `${Math.round(value * 1000) / 10} %`
  const where =
    mark.type === 'box'
      ? `box from ${share(mark.x1)}, ${share(mark.y1)} to ${share(mark.x2)}, ${share(mark.y2)}`
      : `point at ${share(mark.x)}, ${share(mark.y)}`
  return mark.label ? `“${mark.label}”: ${where}` : where
}

/**
 * The shown line of a conversation as Markdown; its media are files in `media/`, named by their digests. Answers are Markdown already; what the user
 * wrote stands as it is. `hasFile`: whether a file is there to be beside it.
 */
export function writeMarkdown(whole: WholeConversation, hasFile: (sha: string) => boolean): string {
  const { title, createdAt } = whole.conversation
  const blocks = [`# ${oneLine(title)}`, `*${momentOf(createdAt)} · Sightline*`]
  for (const { message, version, versions, beside } of shownLine(whole)) {
    const place = versions > 1 ? ` · version ${version} of ${versions}` : ''
    blocks.push(`## ${oneLine(speakerOf(message))} · ${momentOf(message.createdAt)}${place}`, ...said(message, hasFile))
    if (beside) blocks.push(`### Beside it: ${oneLine(speakerOf(beside))}`, ...said(beside, hasFile))
  }
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function said(message: StoredMessage, hasFile: (sha: string) => boolean): string[] {
  const ending = endingWords(message)
  return [
    ...message.parts.map((part) => partMarkdown(part, hasFile)),
    ...(message.job ? [`*Job: ${oneLine(message.job.label)}*`] : []),
    ...(message.format ? [`*Answer as: ${oneLine(message.format.name)}*`] : []),
    ...(ending === null ? [] : [`*${oneLine(ending)}*`]),
  ]
}

function partMarkdown(part: Part, hasFile: (sha: string) => boolean): string {
  switch (part.type) {
    case 'text':
      return part.text.trim()
    case 'reasoning':
      return `> **Thought**\n>\n${part.text.trim().replace(/^/gm, '> ')}`
    case 'image': {
      const marks = (part.marks ?? []).map((mark) => `- ${oneLine(markWords(mark))}`)
      return [
        link(part.attachment, true, hasFile),
        ...(marks.length > 0 ? [`Marked:\n\n${marks.join('\n')}`] : []),
      ].join('\n\n')
    }
    case 'video':
      return link(part.attachment, false, hasFile)
    case 'frames':
      return [
        `Video of ${part.pictures.length} frames: ${oneLine(part.name)}`,
        ...part.pictures.map((picture) => link(picture, true, hasFile)),
      ].join('\n\n')
  }
}

function link(
  { sha, name, mime }: { readonly sha: string; readonly name: string; readonly mime: string },
  isPicture: boolean,
  hasFile: (sha: string) => boolean,
): string {
  const words = oneLine(name).replace(/[\\[\]]/g, '\\$&')
  if (!hasFile(sha)) return `*Missing: ${words}*`
  return `${isPicture ? '!' : ''}[${words}](media/${sha}${endingOf(mime)})`
}

const oneLine = (text: string): string => text.replace(/\s+/gu, ' ').trim()
