import { Omissions, gap, ownSystem, reasons } from '../form.ts'
import type { Imported, ImportedPart } from '../form.ts'
import { toTurns } from '../tree.ts'
import type { NodeKind, TreeNode } from '../tree.ts'
import { fields, isFields, joinThoughts, list, splitThought, text, textOrNull, time } from './values.ts'
import type { Fields } from './values.ts'

/** Whether a value is a `thread.json` of Jan. */
export const isJanThread = (value: unknown): boolean => isFields(value) && value['object'] === 'thread'
/** Whether a value is a line of Jan's `messages.jsonl`. */
export const isJanMessage = (value: unknown): boolean => isFields(value) && value['object'] === 'thread.message'
/** Whether a value is a thread that Jan exported alone. */
export const isJanExport = (value: unknown): boolean =>
  isFields(value) && 'exported_at' in value && Array.isArray(value['messages'])

/** Reads a thread of Jan: its `thread.json`, and the lines of its `messages.jsonl`. */
export function readJan(thread: unknown, messages: readonly unknown[]): Imported {
  const omissions = new Omissions()
  const record = fields(thread)
  const metadata = fields(record['metadata'])
  const lines = messages.filter(isFields)
  const assistant = fields(list(record['assistants'])[0])
  const model = textOrNull(fields(assistant['model'])['id'])
  const ids = new Set<string>()
  const kept = lines.flatMap((line, i): Line[] => {
    const id = textOrNull(line['id']) ?? `line ${i}`
    if (ids.has(id)) return []
    ids.add(id)
    return [{ id, line, about: fields(line['metadata']), at: time(line['created_at']) ?? 0 }]
  })
  const isTree = kept.some(({ about }) => 'parentId' in about)
  const parents = isTree ? parentsOf(kept) : new Map(kept.map(({ id }, i) => [id, kept[i - 1]?.id ?? null]))
  const nodes = kept.map(
    ({ id, line }): TreeNode => ({
      id,
      parent: parents.get(id) ?? null,
      children: [],
      is: kindOf(line, model, omissions),
    }),
  )
  const { turns, leaf } = toTurns(nodes, isTree ? activeOf(kept, parents, metadata) : null)
  const title = textOrNull(record['title'])
  if (turns.length === 0) {
    omissions.add(reasons.empty, title ?? '')
    return { conversations: [], leftOut: omissions.list() }
  }
  const first = turns.find((turn) => turn.time !== null)?.time ?? null
  const second = turns.filter((turn) => turn.time !== null)[1]?.time ?? null
  const told = time(record['created']) ?? time(record['exported_at'])
  // the program writes the time of the last change there too
  const created = told !== null && (second === null || told < second) ? told : (first ?? told)
  const last = Math.max(...turns.map((turn) => turn.time ?? 0)) || null
  const updated = time(record['updated']) ?? last ?? created
  const id = textOrNull(record['id']) ?? textOrNull(lines[0]?.['thread_id']) ?? `message ${turns[0]?.id}`
  const system = ownSystem(textOrNull(assistant['instructions']))
  return { conversations: [{ id, title, created, updated, turns, leaf, ...system }], leftOut: omissions.list() }
}

interface Line {
  readonly id: string
  readonly line: Fields
  readonly about: Fields
  readonly at: number
}

/**
 * The parents that the messages name. Jan is known to have stored answers in a tree without theirs, and the question after such an answer
 * below the one before it: the answer then follows the question before it in time, and that next question the answer.
 */
function parentsOf(lines: readonly Line[]): Map<string, string | null> {
  const known = new Set(lines.map(({ id }) => id))
  const parents = new Map<string, string | null>(
    lines.map(({ id, about }) => {
      const parent = textOrNull(about['parentId'])
      return [id, parent !== null && known.has(parent) ? parent : null]
    }),
  )
  const isQuestion = ({ line }: Line): boolean => line['role'] === 'user'
  lines.forEach((answer, place) => {
    if (answer.line['role'] !== 'assistant' || parents.get(answer.id) !== null) return
    const question = lines
      .filter((line, i) => isQuestion(line) && (line.at < answer.at || (line.at === answer.at && i < place)))
      .reduce<Line | null>((latest, line) => (latest === null || line.at >= latest.at ? line : latest), null)
    if (question === null) return
    parents.set(answer.id, question.id)
    const next = lines.find((line) => isQuestion(line) && parents.get(line.id) === question.id && line.at >= answer.at)
    if (next) parents.set(next.id, answer.id)
  })
  return parents
}

/** The end of the line that is shown: each message names its shown child; where it does not, the latest is. */
function activeOf(lines: readonly Line[], parents: ReadonlyMap<string, string | null>, thread: Fields): string | null {
  const byId = new Map(lines.map((line) => [line.id, line]))
  const below = Map.groupBy(lines, ({ id }) => parents.get(id) ?? null)
  const next = (parent: string | null, named: unknown): string | null => {
    const children = below.get(parent) ?? []
    const chosen = children.find(({ id }) => id === named)
    return (chosen ?? children.reduce<Line | null>((a, b) => (a === null || b.at >= a.at ? b : a), null))?.id ?? null
  }
  const passed = new Set<string>()
  let shown: string | null = null
  for (let id = next(null, thread['activeRootId']); id !== null && !passed.has(id); ) {
    passed.add(id)
    shown = id
    id = next(id, byId.get(id)?.about['activeChildId'])
  }
  return shown
}

function kindOf(line: Fields, model: string | null, omissions: Omissions): NodeKind {
  const { role } = line
  if (role === 'system') omissions.add(reasons.system)
  if (role === 'tool') omissions.add(reasons.tools)
  if (role !== 'user' && role !== 'assistant') return { kind: 'skip' }
  const about = fields(line['metadata'])
  const content =
    typeof line['content'] === 'string' ? [{ type: 'text', text: { value: line['content'] } }] : line['content']
  const parts: ImportedPart[] = []
  const thoughts: (string | null)[] = []
  let words = ''
  for (const item of list(content).map(fields)) {
    const value = text(fields(item['text'])['value']) || text(item['text'])
    const url = textOrNull(fields(item['image_url'])['url'])
    if (item['type'] === 'text') words += value
    else if (item['type'] === 'reasoning') thoughts.push(value)
    else if (item['type'] === 'tool_call') omissions.add(reasons.tools)
    else if (url) parts.push({ type: 'picture', name: null, from: pictureAt(url) })
  }
  for (const file of list(about['inline_file_contents'])) {
    const name = textOrNull(fields(file)['name']) ?? 'without a name'
    omissions.add(reasons.file, name)
    parts.push(gap(`Attached file: ${name}`))
  }
  const { thought, rest } = role === 'assistant' ? splitThought(words) : { thought: null, rest: words }
  if (rest !== '') parts.push({ type: 'text', text: rest })
  const reasoning = joinThoughts([...thoughts, thought])
  const isStopped = line['status'] === 'stopped' || about['stopped'] === true
  const error = textOrNull(about['error']) ?? textOrNull(fields(about['error'])['message'])
  const end =
    line['status'] === 'error' || error !== null ? { failed: error ?? 'Failed.' } : isStopped ? 'stopped' : 'complete'
  if (parts.length === 0 && reasoning === null && (role === 'user' || end === 'complete')) return { kind: 'skip' }
  return {
    ...{ kind: 'turn', role, parts, reasoning, time: time(line['created_at']) },
    ...{ model: role === 'assistant' ? model : null, end: role === 'user' ? 'complete' : end },
  }
}

const pictureAt = (url: string) =>
  url.startsWith('data:') ? { data: url } : { missing: 'it lies at an address outside of the export' }
