import { Omissions, gap, ownSystem, reasons } from '../form.ts'
import type { Imported, ImportedConversation, ImportedPart } from '../form.ts'
import { toTurns } from '../tree.ts'
import type { NodeKind, TreeNode } from '../tree.ts'
import { fields, isFields, joinThoughts, list, splitThought, text, textOrNull, texts, time } from './values.ts'
import type { Fields } from './values.ts'

/** Whether a value is a record of Open WebUI's export of chats, or a chat alone. */
export const isOpenWebUi = (value: unknown): boolean => {
  if (!isFields(value)) return false
  const chat = 'chat' in value ? fields(value['chat']) : value
  return isFields(chat['history']) || ('chat' in value && Array.isArray(chat['messages']))
}

/** Reads records of Open WebUI (`chat-export-*.json`): chats with their tree of messages. */
export function readOpenWebUi(records: readonly unknown[]): Imported {
  const omissions = new Omissions()
  const conversations = records.filter(isOpenWebUi).flatMap((record) => readChat(fields(record), omissions))
  return { conversations, leftOut: omissions.list() }
}

function readChat(record: Fields, omissions: Omissions): ImportedConversation[] {
  const chat = 'chat' in record ? fields(record['chat']) : record
  const history = fields(chat['history'])
  const inTree = Object.entries(fields(history['messages'])).filter(([, message]) => isFields(message))
  // where the tree is empty a line may stand beside it
  const nodes =
    inTree.length > 0
      ? inTree.map(([id, message]) => nodeOf(id, fields(message), omissions))
      : asLine(list(chat['messages']).filter(isFields), omissions)
  const { turns, leaf } = toTurns(nodes, textOrNull(history['currentId']) ?? textOrNull(record['current_message_id']))
  const title = textOrNull(record['title']) ?? textOrNull(chat['title'])
  if (turns.length === 0) {
    omissions.add(reasons.empty, title ?? '')
    return []
  }
  const created = time(record['created_at']) ?? time(chat['timestamp']) ?? turns[0]?.time ?? null
  const id = textOrNull(record['id']) ?? textOrNull(chat['id']) ?? `message ${turns[0]?.id}`
  return [
    {
      id,
      title,
      created,
      updated: time(record['updated_at']) ?? created,
      turns,
      leaf,
      ...ownSystem(textOrNull(fields(chat['params'])['system'])),
    },
  ]
}

function asLine(messages: readonly Fields[], omissions: Omissions): TreeNode[] {
  const ids = messages.map((message, i) => textOrNull(message['id']) ?? `message ${i}`)
  return messages.map((message, i) => ({
    ...nodeOf(ids[i] ?? '', message, omissions),
    ...{ parent: ids[i - 1] ?? null, children: [] },
  }))
}

function nodeOf(id: string, message: Fields, omissions: Omissions): TreeNode {
  const parent = message['parentId']
  return {
    id,
    parent: typeof parent === 'string' ? parent : parent === null ? null : undefined,
    children: texts(message['childrenIds']),
    is: kindOf(message, omissions),
  }
}

function kindOf(message: Fields, omissions: Omissions): NodeKind {
  const role = message['role']
  if (role === 'system') {
    omissions.add(reasons.system)
    return { kind: 'skip' }
  }
  if (role !== 'user' && role !== 'assistant') return { kind: 'skip' }
  const said = contentOf(message)
  const { words, thought } =
    role === 'assistant' ? withoutDetails(said.text, omissions) : { words: said.text, thought: null }
  const output =
    role === 'assistant' && words.trim() === '' ? outputOf(message['output']) : { words: '', thought: null }
  const spoken = words.trim() === '' ? output.words : words
  const parts: ImportedPart[] = [
    ...said.pictures,
    ...list(message['files']).flatMap((file) => fileOf(fields(file), omissions)),
    ...(spoken === '' ? [] : [{ type: 'text', text: spoken } as const]),
  ]
  if (textOrNull(fields(message['merged'])['content']))
    omissions.add('Answers merged of several: each of them is there')
  const error = message['error']
  const failed = isFields(error)
    ? text(error['content']) || 'Failed.'
    : typeof error === 'string' && error
      ? error
      : null
  const reasoning = joinThoughts([thought, output.thought])
  const end = failed !== null ? { failed } : message['done'] === false ? 'stopped' : 'complete'
  if (parts.length === 0 && reasoning === null && (role === 'user' || end === 'complete')) return { kind: 'skip' }
  return {
    ...{ kind: 'turn', role, parts, reasoning, time: time(message['timestamp']) },
    model: role === 'assistant' ? (textOrNull(message['model']) ?? textOrNull(message['modelName'])) : null,
    end: role === 'user' ? 'complete' : end,
  }
}

/** The content of a message: text, or rarely a list of parts. */
function contentOf(message: Fields): { text: string; pictures: ImportedPart[] } {
  const content = message['content']
  if (typeof content === 'string') return { text: content, pictures: [] }
  const parts = list(content).map(fields)
  return {
    text: parts.map((part) => text(part['text'])).join(''),
    pictures: parts.flatMap((part): ImportedPart[] => {
      const url = textOrNull(fields(part['image_url'])['url'])
      return url ? [pictureAt(url, null)] : []
    }),
  }
}

const pictureAt = (url: string, name: string | null): ImportedPart => ({
  ...{ type: 'picture', name },
  from: url.startsWith('data:') ? { data: url } : { missing: 'it stayed on the server' },
})

function fileOf(file: Fields, omissions: Omissions): ImportedPart[] {
  const meta = fields(fields(file['file'])['meta'])
  const name = textOrNull(file['name']) ?? textOrNull(meta['name'])
  const type = text(file['content_type']) || text(meta['content_type'])
  const url = text(file['url'])
  if (file['type'] === 'image' || type.startsWith('image/') || url.startsWith('data:image/'))
    return [pictureAt(url, name)]
  omissions.add(reasons.file, name ?? '')
  return [gap(`Attached file: ${name ?? 'without a name'}`)]
}

const DETAILS = /<details\b([^>]*)>([\s\S]*?)<\/details>\s*/g

/** Takes thoughts and steps of tools, which stand in the text as details, out of it. */
function withoutDetails(content: string, omissions: Omissions): { words: string; thought: string | null } {
  const thoughts: string[] = []
  const words = content.replace(DETAILS, (whole, attributes: string, inner: string) => {
    const [, type = ''] = /\btype="([^"]*)"/.exec(attributes) ?? []
    if (type === 'reasoning') thoughts.push(unquoted(inner))
    else if (type === 'tool_calls' || type === 'code_interpreter') omissions.add(reasons.tools)
    else return whole
    return ''
  })
  const { thought, rest } = splitThought(words)
  return { words: rest, thought: joinThoughts([...thoughts, thought]) }
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', '#x27': "'", '#39': "'" }

/** A thought without its summary, its marks of a quotation and its entities. */
function unquoted(inner: string): string {
  return inner
    .replace(/<summary>[\s\S]*?<\/summary>/, '')
    .replace(/&(lt|gt|amp|quot|#x27|#39);/g, (_, name: string) => entities[name] ?? '')
    .split('\n')
    .map((line) => line.replace(/^> ?/, ''))
    .join('\n')
    .trim()
}

/** An answer that stands in its list of items alone. */
function outputOf(output: unknown): { words: string; thought: string | null } {
  const items = list(output).map(fields)
  const words = (item: Fields): string =>
    [...list(item['content']), ...list(item['summary'])].map((part) => text(fields(part)['text'])).join('')
  const of = (type: string): string[] => items.filter((item) => item['type'] === type).map(words)
  return { words: of('message').join('\n\n').trim(), thought: joinThoughts(of('reasoning')) }
}
