import { Omissions, gap, reasons } from '../form.ts'
import type { Imported, ImportedConversation, ImportedPart } from '../form.ts'
import { toTurns } from '../tree.ts'
import type { NodeKind, TreeNode } from '../tree.ts'
import { baseName, fenced, fields, isFields, joinThoughts, list, text, textOrNull, texts, time } from './values.ts'
import type { Fields } from './values.ts'

/** Whether a value is a conversation of a ChatGPT export. */
export const isChatGpt = (value: unknown): boolean => isFields(value) && isFields(value['mapping'])

/** The files of an export by their ids: `<id>.dat`, or `<id>-<name>` and `<id>.<ending>` in older ones. */
export interface AssetFiles {
  /** The file of an id; null: there is none. */
  find(id: string): { readonly file: string; readonly name: string | null } | null
}

/** Files among `names` by their ids; `called`: `conversation_asset_file_names.json`. */
export function assetFiles(names: readonly string[], called: unknown = {}): AssetFiles {
  const byId = new Map<string, string>()
  for (const name of names) {
    const base = baseName(name)
    // ids are file-XXXX and file_HEX: what follows is a dot or a dash
    const [, id] = /^(file[-_][A-Za-z0-9]+)[-.]/.exec(base) ?? []
    if (id !== undefined && !byId.has(id)) byId.set(id, name)
  }
  return {
    find(id) {
      const file = byId.get(id)
      if (file === undefined) return null
      const rest = baseName(file).slice(id.length + 1)
      const told = textOrNull(fields(called)[baseName(file)])
      return { file, name: told !== null ? baseName(told) : rest === 'dat' ? null : rest }
    },
  }
}

/** Reads conversations of a ChatGPT account export (`conversations.json`, `conversations-000.json`). */
export function readChatGpt(records: readonly unknown[], assets: AssetFiles): Imported {
  const omissions = new Omissions()
  const conversations = records
    .filter(isChatGpt)
    .flatMap((record) => readConversation(fields(record), assets, omissions))
  return { conversations, leftOut: omissions.list() }
}

function readConversation(record: Fields, assets: AssetFiles, omissions: Omissions): ImportedConversation[] {
  const nodes = Object.entries(fields(record['mapping'])).flatMap(([id, value]): TreeNode[] => {
    if (!isFields(value)) return []
    const parent = value['parent']
    return [
      {
        id,
        parent: typeof parent === 'string' ? parent : parent === null ? null : undefined,
        children: texts(value['children']),
        is: isFields(value['message']) ? kindOf(value['message'], assets, omissions) : { kind: 'skip' },
      },
    ]
  })
  const { turns, leaf } = toTurns(nodes, textOrNull(record['current_node']))
  const title = textOrNull(record['title'])
  if (turns.length === 0) {
    omissions.add(reasons.empty, title ?? '')
    return []
  }
  const id = textOrNull(record['conversation_id']) ?? textOrNull(record['id']) ?? `message ${turns[0]?.id}`
  const created = time(record['create_time']) ?? turns[0]?.time ?? null
  return [{ id, title, created, updated: time(record['update_time']) ?? created, turns, leaf }]
}

function kindOf(message: Fields, assets: AssetFiles, omissions: Omissions): NodeKind {
  const metadata = fields(message['metadata'])
  const content = fields(message['content'])
  const type = text(content['content_type'])
  const role = text(fields(message['author'])['role'])
  const at = { time: time(message['create_time']), model: textOrNull(metadata['model_slug']) }
  if (metadata['is_user_system_message'] === true || type === 'user_editable_context') {
    omissions.add(reasons.system)
    return { kind: 'skip' }
  }
  if (role === 'system') {
    if (texts(content['parts']).some((part) => part.trim() !== '')) omissions.add(reasons.system)
    return { kind: 'skip' }
  }
  if (metadata['is_visually_hidden_from_conversation'] === true) return { kind: 'skip' }
  if (type === 'reasoning_recap') return { kind: 'skip' }
  if (type === 'thoughts') {
    const reasoning = joinThoughts(
      list(content['thoughts']).map((thought) => text(fields(thought)['content']) || text(fields(thought)['summary'])),
    )
    return reasoning === null ? { kind: 'skip' } : { kind: 'note', parts: [], reasoning, ...at }
  }
  const parts = partsOf(content, metadata, assets, omissions)
  if (role === 'tool') {
    // pictures that the model made come as what a tool gave back
    const pictures = parts.filter((part) => part.type === 'picture')
    if (pictures.length === 0) {
      if (parts.length > 0) omissions.add(reasons.tools)
      return { kind: 'skip' }
    }
    return { kind: 'note', parts: pictures, reasoning: null, ...at }
  }
  if (role !== 'user' && role !== 'assistant') return { kind: 'skip' }
  const recipient = textOrNull(message['recipient']) ?? 'all'
  if (role === 'assistant' && recipient !== 'all') {
    if (parts.length > 0) omissions.add(reasons.tools)
    return { kind: 'skip' }
  }
  if (parts.length === 0) return { kind: 'skip' }
  const end = role === 'assistant' && text(message['status']) === 'in_progress' ? 'stopped' : 'complete'
  return { ...{ kind: 'turn', role, parts, reasoning: null, end }, ...at, model: role === 'user' ? null : at.model }
}

/** Signs of a private use around citations, which name what only the program has. */
const CITATION = /\uE200[^\uE200\uE201]*\uE201|[\uE200-\uE202]/g

function partsOf(content: Fields, metadata: Fields, assets: AssetFiles, omissions: Omissions): ImportedPart[] {
  const type = text(content['content_type'])
  const attachments = list(metadata['attachments']).map(fields)
  const shown = new Set<string>()
  const words = (said: string): ImportedPart[] => {
    const clean = said.replace(CITATION, '')
    return clean.trim() === '' ? [] : [{ type: 'text', text: clean }]
  }
  const picture = (id: string): ImportedPart => {
    shown.add(id)
    const found = assets.find(id)
    const name = textOrNull(attachments.find((one) => one['id'] === id)?.['name']) ?? found?.name ?? null
    return { type: 'picture', name, from: found ? { file: found.file } : { missing: 'it is not in the export' } }
  }
  const partOf = (part: unknown): ImportedPart[] => {
    if (typeof part === 'string') return words(part)
    const { content_type: kind, asset_pointer: pointer, text: said } = fields(part)
    if (kind === 'image_asset_pointer')
      return [
        picture(
          text(pointer)
            .replace(/^[a-z-]+:\/\//, '')
            .replace(/#.*$/s, ''),
        ),
      ]
    if (kind === 'audio_transcription') return words(text(said))
    if (typeof kind === 'string' && /audio|video/.test(kind)) omissions.add(reasons.sound)
    else if (isFields(part)) omissions.add('Parts of a kind that Sightline does not know', text(kind))
    return []
  }
  const said =
    type === 'code'
      ? words(fenced(text(content['text']), text(content['language'])))
      : Array.isArray(content['parts'])
        ? joined(content['parts'].flatMap(partOf))
        : words(text(content['text']) || text(content['result']))
  // uploads stand in both places
  const others = attachments.flatMap((file): ImportedPart[] => {
    const id = text(file['id'])
    if (id !== '' && shown.has(id)) return []
    if (text(file['mime_type']).startsWith('image/') && id !== '') return [picture(id)]
    const name = textOrNull(file['name'])
    omissions.add(reasons.file, name ?? '')
    return [gap(`Attached file: ${name ?? 'without a name'}`)]
  })
  return [...others, ...said]
}

/** Neighbouring texts are one. */
function joined(parts: readonly ImportedPart[]): ImportedPart[] {
  const result: ImportedPart[] = []
  for (const part of parts) {
    const last = result.at(-1)
    if (part.type === 'text' && last?.type === 'text')
      result[result.length - 1] = { type: 'text', text: `${last.text}\n\n${part.text}` }
    else result.push(part)
  }
  return result
}
