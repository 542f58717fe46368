import { createWriteStream, existsSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '#contract'
import type { Attachment, ExportFormat, LeftOut } from '#contract'
import { safeName } from '../../lib/files/files.ts'
import type { AttachmentGateway } from '../../services/media/index.ts'
import type { Conversations, WholeConversation } from '../../services/conversations/index.ts'
import { Omissions } from './form.ts'
import { endingOf, mediaOf } from './media.ts'
import { conversationFile, MANIFEST, writeConversation, writeManifest } from './sightlineForm.ts'
import { writeHtml } from './writeHtml.ts'
import { shownLine, writeMarkdown } from './writeMarkdown.ts'
import { writeZip } from './zip.ts'
import type { ZipInput } from './zip.ts'

export interface ExportFrom {
  readonly conversations: Pick<Conversations, 'ids' | 'whole' | 'heldBy' | 'get'>
  readonly attachments: Pick<AttachmentGateway, 'get' | 'pathOf' | 'open'>
  readonly now?: () => number
}

/** What was written, and what it should be called. */
export interface Written {
  readonly name: string
  readonly conversations: number
  readonly leftOut: LeftOut[]
}

const ABSENT = 'Pictures and videos whose files are gone from the data folder'

/**
 * Writes conversations to the new file `target`; `ids` null: all of them, of which those that are removed meanwhile are left out. Throws NotFound where
 * one is gone, InvalidInput where there are none, StorageFailed where the disk refuses; then the file may be there half written.
 */
export async function exportConversations(
  target: string,
  { ids, format }: { readonly ids: readonly string[] | null; readonly format: ExportFormat },
  from: ExportFrom,
  signal?: AbortSignal,
): Promise<Written> {
  const { conversations, now = Date.now } = from
  const chosen = [...new Set(ids ?? conversations.ids())]
  const titles = chosen.map((id) => conversations.get(id).title)
  if (chosen.length === 0) throw new AppError('InvalidInput', 'There are no conversations to export yet.')
  const omissions = new Omissions()
  const day = new Date(now()).toISOString().slice(0, 10)
  const base = chosen.length === 1 ? fileName(titles[0]) : `Sightline conversations ${day}`
  const isPage = format === 'html' && chosen.length === 1
  try {
    if (isPage) {
      const page = Readable.from(writeHtml(conversations.whole(chosen[0] ?? ''), from.attachments, omissions))
      await pipeline(page, createWriteStream(target, { flags: 'wx', mode: 0o600 }), signal ? { signal } : {})
    } else {
      const inputs =
        format === 'json' ? lossless(chosen, from, omissions, now()) : readable(chosen, titles, format, from, omissions)
      await writeZip(target, inputs, signal)
    }
  } catch (error) {
    if (error instanceof AppError || signal?.aborted) throw error
    throw new AppError(
      'StorageFailed',
      'The export could not be written. Check that the disk has room, then try again.',
      undefined,
      { cause: error },
    )
  }
  return { name: `${base}.${isPage ? 'html' : 'zip'}`, conversations: chosen.length, leftOut: omissions.list() }
}

/** What the file of a conversation of this title is called, without its ending. */
const fileName = (title = ''): string => safeName(title.slice(0, 80).replace(/[/\\]/g, '-').trim() || 'Conversation')

/** All that is stored of conversations, with the files of their media. */
function lossless(
  ids: readonly string[],
  { conversations, attachments }: ExportFrom,
  omissions: Omissions,
  now: number,
): ZipInput[] {
  const shas = new Set(ids.flatMap((id) => conversations.heldBy(id).map(({ sha }) => sha)))
  const media = [...shas].flatMap((sha): ZipInput[] => {
    const file = fileOf(sha, attachments)
    if (file === null) omissions.add(ABSENT, attachments.get(sha)?.name ?? '')
    return file === null ? [] : [{ name: `media/${sha}${endingOf(file.attachment.mime)}`, path: file.path }]
  })
  return [
    { name: MANIFEST, content: () => Readable.from([writeManifest(ids, now)]) },
    ...ids.map((id) => ({
      name: conversationFile(id),
      content: () => lazily(() => writeConversation(conversations.whole(id))),
    })),
    ...media,
  ]
}

/** A text that is made when it is read: a conversation that is gone by then makes the reading fail. */
function lazily(make: () => string): Readable {
  return Readable.from(
    (async function* () {
      yield make()
    })(),
  )
}

/** The shown lines of conversations, as Markdown with their media beside them or as a page each. */
function readable(
  ids: readonly string[],
  titles: readonly string[],
  format: 'markdown' | 'html',
  { conversations, attachments }: ExportFrom,
  omissions: Omissions,
): ZipInput[] {
  const taken = new Set<string>()
  const texts = ids.map((id, i): ZipInput => {
    const base = fileName(titles[i])
    let name = base
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${base} (${n})`
    taken.add(name.toLowerCase())
    if (format === 'html')
      return {
        name: `${name}.html`,
        content: () => Readable.from(writeHtml(conversations.whole(id), attachments, omissions)),
      }
    return {
      name: `${name}.md`,
      content: () => lazily(() => writeMarkdown(conversations.whole(id), (sha) => hasFile(sha, attachments))),
    }
  })
  if (format === 'html') return texts
  const shown = new Map<string, Attachment>()
  for (const id of ids)
    for (const attachment of shownMedia(conversations.whole(id))) shown.set(attachment.sha, attachment)
  const media = [...shown.values()].flatMap((attachment): ZipInput[] => {
    const file = fileOf(attachment.sha, attachments)
    if (file === null) omissions.add(ABSENT, attachment.name)
    return file === null ? [] : [{ name: `media/${attachment.sha}${endingOf(attachment.mime)}`, path: file.path }]
  })
  return [...texts, ...media]
}

const shownMedia = (whole: WholeConversation): Attachment[] =>
  shownLine(whole).flatMap(({ message }) => message.parts.flatMap(mediaOf))

const hasFile = (sha: string, attachments: ExportFrom['attachments']): boolean => fileOf(sha, attachments) !== null

/** A stored file; null: it is gone. */
function fileOf(sha: string, attachments: ExportFrom['attachments']): { path: string; attachment: Attachment } | null {
  const attachment = attachments.get(sha)
  if (!attachment) return null
  try {
    const path = attachments.pathOf(sha)
    return existsSync(path) ? { path, attachment } : null
  } catch {
    return null
  }
}
