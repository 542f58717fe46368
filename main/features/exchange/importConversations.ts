import { basename, dirname } from 'node:path/posix'
import { Readable } from 'node:stream'
import { AppError, MAX_TEXT } from '#contract'
import type { Attachment, ImportEvent, ImportReport, Part, VideoAttachment, VideoFacts } from '#contract'
import { derivedId } from '../../lib/derivedId.ts'
import type { AttachmentGateway } from '../../services/media/index.ts'
import type { Conversations, StoredMessage, WholeConversation } from '../../services/conversations/index.ts'
import type { FileSet } from './fileSet.ts'
import { Omissions, reasons } from './form.ts'
import type { ImportedConversation, ImportedPart, ImportedTurn } from './form.ts'
import { mediaOf } from './media.ts'
import { ownManifest, readSet } from './recognise.ts'
import { readConversation, readManifest } from './sightlineForm.ts'
import { splitDataUrl } from './dataUrl.ts'

/** The most turns of a conversation that is taken over. */
const MAX_TURNS = 100_000
/** How many conversations the report names. */
const NAMED = 1_000

export interface ImportInto {
  readonly conversations: Pick<Conversations, 'add' | 'has' | 'get'>
  readonly attachments: Pick<AttachmentGateway, 'store' | 'storePicture'>
  readonly now?: () => number
  /** Has a conversation asked with a system prompt of its own from now on. */
  readonly keepSystem?: (conversationId: string, system: string) => void
}

/**
 * Imports what the sets hold, one conversation after another: the media of each first, then all of it in one transaction. What is there already
 * stays as it is. Tells how far it is; the last event is the report. Where nothing was imported because all sets are unknown or damaged, throws what
 * is wrong with the first of them; else that stands in the report. `refused`: what is wrong with files that made no set.
 */
export async function* importSets(
  sets: readonly FileSet[],
  into: ImportInto,
  signal?: AbortSignal,
  refused: readonly AppError[] = [],
): AsyncGenerator<ImportEvent> {
  const report = createReport(into)
  let [failure = null]: (AppError | null)[] = [...refused]
  for (const { message } of refused) report.omissions.add(message)
  for (const set of sets) {
    const leftOut = new Omissions()
    try {
      for await (const { whole, system } of conversationsOf(set, into, report, leftOut, signal)) {
        signal?.throwIfAborted()
        report.add(whole, system)
        yield { type: 'progress', done: report.done() }
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'StorageFailed' || sets.length + refused.length === 1)
        throw error
      failure ??= error
      leftOut.add(error.message)
    }
    report.omissions.addAll(leftOut.list())
  }
  if (failure && report.done() === 0) throw failure
  yield { type: 'done', report: report.result() }
}

function createReport({ conversations, keepSystem }: ImportInto) {
  const omissions = new Omissions()
  const programs = new Set<string>()
  const imported: ImportReport['imported'] = []
  const sums = { count: 0, alreadyHere: 0, grown: 0, messages: 0, pictures: 0 }
  return {
    omissions,
    programs,
    sums,
    done: () => sums.count + sums.alreadyHere + sums.grown,
    add(whole: WholeConversation, system: string | undefined): void {
      const { isNew, added } = conversations.add(whole)
      const { id } = whole.conversation
      sums.messages += added
      if (isNew) {
        sums.count++
        if (system !== undefined) keepSystem?.(id, system)
        if (imported.length < NAMED) imported.push({ id, title: conversations.get(id).title })
      } else if (added > 0) sums.grown++
      else sums.alreadyHere++
    },
    result: (): ImportReport => ({ programs: [...programs], imported, ...sums, leftOut: omissions.list() }),
  }
}
type Report = ReturnType<typeof createReport>

/** A conversation that is taken over, and its system prompt. */
interface Taken {
  readonly whole: WholeConversation
  readonly system: string | undefined
}

/** The conversations of a set, with their media stored. */
async function* conversationsOf(
  set: FileSet,
  into: ImportInto,
  report: Report,
  leftOut: Omissions,
  signal: AbortSignal | undefined,
): AsyncGenerator<Taken> {
  const manifest = ownManifest(set)
  if (manifest !== null) {
    report.programs.add('Sightline')
    for await (const whole of ownConversations(set, manifest, into, report, leftOut, signal))
      yield { whole, system: undefined }
    return
  }
  for await (const { program, conversations, leftOut: others } of readSet(set, leftOut)) {
    report.programs.add(program)
    leftOut.addAll(others)
    for (const conversation of conversations) {
      if (conversation.turns.length > MAX_TURNS)
        leftOut.add('Conversations that are too long', conversation.title ?? '')
      else {
        const whole = await takeOver(program, conversation, { set, into, report, leftOut, signal })
        yield { whole, system: conversation.system }
      }
    }
  }
}

/** The conversations of an export of our own. One that is damaged is left out, with its name, unless it is the only one. */
async function* ownConversations(
  set: FileSet,
  manifest: string,
  { conversations, attachments }: ImportInto,
  report: Report,
  leftOut: Omissions,
  signal: AbortSignal | undefined,
): AsyncGenerator<WholeConversation> {
  const folder = dirname(manifest) === '.' ? '' : `${dirname(manifest)}/`
  const files = readManifest(await set.text(manifest))
  const media = new Map(
    set.names
      .filter((name) => name.startsWith(`${folder}media/`))
      .map((name) => [basename(name).replace(/\..*$/s, ''), name]),
  )
  /** Puts a file of the export into the store; false: the export does not have it. */
  const store = async (attachment: Attachment): Promise<boolean> => {
    const file = set.get(media.get(attachment.sha) ?? '')
    if (!file) return false
    const { name } = attachment
    const stored =
      attachment.kind === 'video'
        ? await attachments.store(name, file.open(), signal, factsOf(attachment))
        : await attachments.storePicture(name, file.open(), signal)
    if (stored.sha !== attachment.sha)
      throw new AppError(
        'DamagedMedia',
        `${name} in the export is damaged. Export the conversations anew, then import that.`,
      )
    report.sums.pictures++
    return true
  }
  for (const name of files) {
    signal?.throwIfAborted()
    let whole: WholeConversation
    try {
      whole = readConversation(await set.text(folder + name), name)
    } catch (error) {
      if (!(error instanceof AppError) || files.length === 1) throw error
      leftOut.add('Conversations that are damaged in the export', name)
      continue
    }
    const { id } = whole.conversation
    const there = conversations.has(
      id,
      whole.messages.map((message) => message.id),
    )
    const messages: StoredMessage[] = []
    const known = new Map<string, Promise<boolean>>()
    for (const message of whole.messages) {
      if (there.has(message.id)) {
        messages.push(message)
        continue
      }
      const parts: Part[] = []
      let lacking = 0
      for (const part of message.parts) {
        const absent: string[] = []
        for (const attachment of mediaOf(part)) {
          const stored = known.get(attachment.sha) ?? store(attachment)
          known.set(attachment.sha, stored)
          if (!(await stored)) absent.push(attachment.name)
        }
        if (absent.length === 0) parts.push(part)
        lacking += absent.length
        for (const missing of absent) {
          leftOut.add(reasons.absent, missing)
          parts.push({ type: 'text', text: `[Missing: ${missing}]` })
        }
      }
      messages.push({ ...message, parts, ...(lacking > 0 && { missing: lacking }) })
    }
    yield { ...whole, messages }
  }
}

/** What is known of a video, as its reader told it. */
const factsOf = ({
  kind: _kind,
  sha: _sha,
  mime: _mime,
  name: _name,
  bytes: _bytes,
  ...facts
}: VideoAttachment): VideoFacts => facts

interface TakeOver {
  readonly set: FileSet
  readonly into: ImportInto
  readonly report: Report
  readonly leftOut: Omissions
  readonly signal: AbortSignal | undefined
}

/** A conversation of another program as one of ours. Its ids follow from those it has there, so that it is known when it comes again. */
async function takeOver(program: string, source: ImportedConversation, way: TakeOver): Promise<WholeConversation> {
  const { into, leftOut } = way
  const id = derivedId(program, source.id)
  const idOf = (turn: string): string => derivedId(program, source.id, turn)
  const there = into.conversations.has(
    id,
    source.turns.map((turn) => idOf(turn.id)),
  )
  const began = source.created ?? source.updated ?? (into.now ?? Date.now)()
  const messages: StoredMessage[] = []
  for (const turn of source.turns) {
    const parts: Part[] = turn.reasoning === null ? [] : [{ type: 'reasoning', text: cut(turn.reasoning, leftOut) }]
    let missing = 0
    for (const part of there.has(idOf(turn.id)) ? [] : turn.parts) {
      const stored = await partOf(part, way)
      if (part.type === 'picture' && stored.type === 'text') missing++
      parts.push(stored)
    }
    const said = joinTexts(parts, turn.role)
    messages.push({
      ...{ id: idOf(turn.id), conversationId: id, parentId: turn.parent === null ? null : idOf(turn.parent) },
      ...{ role: turn.role, parts: said, format: null, ...endOf(turn), model: turn.model?.slice(0, 200) ?? null },
      ...{ usage: null, timings: null, seen: null, leftOut: 0, beside: null, createdAt: turn.time ?? began },
      ...(missing > 0 && { missing }),
    })
  }
  const title = (source.title ?? '').replace(/\s+/gu, ' ').trim().slice(0, 200)
  const leafId = source.leaf === null ? null : idOf(source.leaf)
  return {
    conversation: { id, title, createdAt: began, updatedAt: source.updated ?? began, leafId },
    messages,
  }
}

/** How a turn ended, as a message has it. */
function endOf({ end, role }: ImportedTurn): Pick<StoredMessage, 'status' | 'error'> {
  if (role === 'user' || end === 'complete') return { status: 'complete', error: null }
  if (end === 'stopped') return { status: 'stopped', error: null }
  return { status: 'failed', error: { code: 'EngineFailed', message: end.failed.slice(0, 2000) } }
}

/** What stands for something that could not be taken over has a line of its own. */
const GAP = /^\[[^\]\n]+\]$/
const GAP_AT_END = /(^|\n)\[[^\]\n]+\]$/

/** Neighbouring texts are one; an answer has its text as the first part, where that is written and looked for. */
function joinTexts(parts: readonly Part[], role: 'user' | 'assistant'): Part[] {
  const joined: Part[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (part.type === 'text' && last?.type === 'text') {
      const isBetween = GAP_AT_END.test(last.text) || GAP.test(part.text)
      joined[joined.length - 1] = { type: 'text', text: `${last.text}${isBetween ? '\n' : ''}${part.text}` }
    } else joined.push(part)
  }
  if (role === 'user') return joined
  const words = joined.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n\n')
  const others = joined.filter((part) => part.type !== 'text')
  const thoughts = others.filter((part) => part.type === 'reasoning')
  return [...thoughts, { type: 'text', text: words }, ...others.filter((part) => part.type !== 'reasoning')]
}

function cut(text: string, leftOut: Omissions): string {
  if (text.length <= MAX_TEXT) return text
  leftOut.add('Ends of texts of more than two million characters')
  return text.slice(0, MAX_TEXT)
}

/** A part as it is stored; words in its place where a picture cannot be had. */
async function partOf(part: ImportedPart, way: TakeOver): Promise<Part> {
  const { leftOut, into, report, signal } = way
  if (part.type === 'text') return { type: 'text', text: cut(part.text, leftOut) }
  const name = part.name ?? 'Picture'
  const missing = (why: string, words: string): Part => {
    leftOut.add(why, part.name ?? '')
    return { type: 'text', text: part.name === null ? `[${words}]` : `[${words}: ${name}]` }
  }
  const body = bytesOf(part.from, way.set)
  if (body === null) return missing(reasons.absent, 'Picture that is not in the export')
  try {
    const attachment = await into.attachments.storePicture(name, body, signal)
    report.sums.pictures++
    return { type: 'image', attachment }
  } catch (error) {
    if (error instanceof AppError && error.detail?.['kind'] === 'video') return missing(reasons.sound, 'Video')
    const isOfPicture =
      error instanceof AppError && ['UnsupportedMedia', 'DamagedMedia', 'MediaTooLarge'].includes(error.code)
    if (!isOfPicture) throw error
    return missing(
      'Pictures that are damaged, or of a kind that is not read: their names stand in the conversation',
      'Picture that cannot be read',
    )
  }
}

function bytesOf(
  from: Extract<ImportedPart, { type: 'picture' }>['from'],
  set: FileSet,
): AsyncIterable<Uint8Array> | null {
  if ('missing' in from) return null
  if ('file' in from) return set.get(from.file)?.open() ?? null
  const bytes = splitDataUrl(from.data)
  return bytes && Readable.from([bytes])
}
