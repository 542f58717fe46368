import { Omissions, gap, ownSystem, reasons } from '../form.ts'
import type { Imported, ImportedPart } from '../form.ts'
import { toTurns } from '../tree.ts'
import type { NodeKind, TreeNode } from '../tree.ts'
import { fields, isFields, joinThoughts, list, splitThought, text, textOrNull, texts, time } from './values.ts'
import type { Fields } from './values.ts'

/** Whether a value is `{conv, messages}` of the web UI's older exports. */
export const isLlamaCpp = (value: unknown): boolean =>
  isFields(value) && isFields(value['conv']) && Array.isArray(value['messages'])
/** Whether a value is the first line of a newer one. */
export const isLlamaCppSession = (value: unknown): boolean => isFields(value) && value['type'] === 'session'

/** The sessions of the lines of a newer export, in the form of the older ones. */
export function sessionsOf(lines: readonly unknown[]): { conv: Fields; messages: unknown[] }[] {
  const sessions: { conv: Fields; messages: unknown[] }[] = []
  for (const line of lines.filter(isFields)) {
    if (line['type'] === 'session') sessions.push({ conv: line, messages: [] })
    else if (line['type'] === 'message') sessions.at(-1)?.messages.push(line['message'])
  }
  return sessions
}

/** Reads conversations of llama.cpp's web UI. */
export function readLlamaCpp(records: readonly unknown[]): Imported {
  const omissions = new Omissions()
  const conversations = records.filter(isLlamaCpp).flatMap((record) => {
    const { conv, messages } = fields(record)
    const about = fields(conv)
    const found = list(messages).filter(isFields)
    const nodes = found.map(
      (message): TreeNode => ({
        id: text(message['id']),
        parent: textOrNull(message['parent']) ?? (message['parent'] === null ? null : undefined),
        children: texts(message['children']),
        is: kindOf(message, omissions),
      }),
    )
    const latest = found.reduce<Fields | null>(
      (newest, message) => ((time(message['timestamp']) ?? 0) >= (time(newest?.['timestamp']) ?? 0) ? message : newest),
      null,
    )
    const current = textOrNull(about['currNode'])
    const active = nodes.some(({ id }) => id === current) ? current : textOrNull(latest?.['id'])
    const { turns, leaf } = toTurns(nodes, active)
    const title = textOrNull(about['name'])
    if (turns.length === 0) {
      omissions.add(reasons.empty, title ?? '')
      return []
    }
    const systems = found.filter(isSystem)
    if (systems.length > 1) omissions.add(reasons.system, '', systems.length - 1)
    const id = textOrNull(about['id']) ?? `message ${turns[0]?.id}`
    const times = turns.map((turn) => turn.time).filter((at) => at !== null)
    const created = times.length > 0 ? Math.min(...times) : null
    return [
      {
        id,
        title,
        created,
        updated: time(about['lastModified']) ?? created,
        turns,
        leaf,
        ...ownSystem(textOrNull(systems[0]?.['content'])),
      },
    ]
  })
  return { conversations, leftOut: omissions.list() }
}

/** Whether a message is the system prompt that was written. */
const isSystem = ({ type, role, content }: Fields): boolean =>
  type !== 'root' && role === 'system' && text(content).trim() !== ''

function kindOf(message: Fields, omissions: Omissions): NodeKind {
  const { role } = message
  if (message['type'] === 'root') return { kind: 'skip' }
  if (role === 'tool') omissions.add(reasons.tools)
  if (role !== 'user' && role !== 'assistant') return { kind: 'skip' }
  const parts: ImportedPart[] = list(message['extra']).flatMap((extra) => extraOf(fields(extra), omissions))
  const { thought, rest } =
    role === 'assistant' ? splitThought(text(message['content'])) : { thought: null, rest: text(message['content']) }
  if (rest !== '') parts.push({ type: 'text', text: rest })
  const calls = message['toolCalls']
  if ((typeof calls === 'string' && calls !== '') || list(calls).length > 0) omissions.add(reasons.tools)
  const reasoning =
    role === 'assistant'
      ? joinThoughts([textOrNull(message['reasoningContent']) ?? textOrNull(message['thinking']), thought])
      : null
  if (parts.length === 0 && reasoning === null) return { kind: 'skip' }
  return {
    ...{ kind: 'turn', role, parts, reasoning, end: 'complete' },
    ...{ time: time(message['timestamp']), model: role === 'assistant' ? textOrNull(message['model']) : null },
  }
}

/** What is attached to a question. Texts of files were part of it for the model, so they are here. */
function extraOf(extra: Fields, omissions: Omissions): ImportedPart[] {
  const type = text(extra['type']).replace(/File$/, '').toUpperCase()
  const name = textOrNull(extra['name'])
  const picture = (data: string): ImportedPart => ({ type: 'picture', name, from: { data } })
  if (type === 'IMAGE') {
    const data = textOrNull(extra['base64Url'])
    return [data === null ? { type: 'picture', name, from: { missing: 'it is not in the export' } } : picture(data)]
  }
  if (type === 'PDF' && extra['processedAsImages'] === true && list(extra['images']).length > 0)
    return list(extra['images']).flatMap((page) => (typeof page === 'string' ? [picture(page)] : []))
  const content = textOrNull(extra['content'])
  if (content !== null && ['TEXT', 'CONTEXT', 'PDF'].includes(type))
    return [{ type: 'text', text: `${name ?? 'Attached text'}:\n${content}\n\n` }]
  if (type === 'AUDIO' || type === 'VIDEO') omissions.add(reasons.sound, name ?? '')
  else omissions.add(reasons.file, name ?? '')
  return [gap(`Attached file: ${name ?? 'without a name'}`)]
}
