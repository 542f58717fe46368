import { Omissions, gap, ownSystem, reasons } from '../form.ts'
import type { Imported, ImportedPart, ImportedTurn } from '../form.ts'
import { baseName, fields, isFields, joinThoughts, list, splitThought, text, textOrNull, time } from './values.ts'
import type { Fields } from './values.ts'

/** Whether a value is a conversation file of LM Studio. */
export const isLmStudio = (value: unknown): boolean =>
  isFields(value) &&
  Array.isArray(value['messages']) &&
  ('createdAt' in value || 'lastUsedModel' in value) &&
  value['messages'].every((message) => isFields(message) && Array.isArray(message['versions']))

/** A file of the folder `user-files`: where it is, and what stands in the file of facts beside it. */
export interface UserFile {
  /** The file's name in the import; null: it is gone. */
  readonly file: string | null
  /** Its `.metadata.json`. */
  readonly facts: unknown
}

/** The identifiers of the files that a conversation names. */
export const userFilesOf = (conversation: unknown): string[] =>
  [
    ...new Set(
      list(fields(conversation)['messages']).flatMap((message) =>
        list(fields(message)['versions']).flatMap((version) =>
          list(fields(version)['content']).map((part) => identifierOf(fields(part))),
        ),
      ),
    ),
  ].filter((id) => id !== '')

// the program's own library calls the fields otherwise than it writes them
const identifierOf = (part: Fields): string =>
  part['type'] === 'file' ? text(part['fileIdentifier']) || text(part['identifier']) : ''

/**
 * Reads a conversation file of LM Studio. It has versions of each message, and no tree: later messages belong to all of them, so they
 * follow the one that is chosen. `fileName`: what it is called, which is its only id.
 */
export function readLmStudio(conversation: unknown, fileName: string, userFile: (id: string) => UserFile): Imported {
  const omissions = new Omissions()
  const record = fields(conversation)
  const turns: ImportedTurn[] = []
  let last: string | null = null
  list(record['messages']).forEach((message, slot) => {
    const { versions, currentlySelected } = fields(message)
    const all = list(versions).map((version, i) => turnOf(fields(version), `m${slot}.v${i}`, last, userFile, omissions))
    const kept = all.filter((turn) => turn !== null)
    turns.push(...kept)
    const selected =
      typeof currentlySelected === 'number' ? Math.max(0, Math.min(all.length - 1, currentlySelected)) : -1
    last = (all[selected] ?? kept.at(-1))?.id ?? last
  })
  const title = textOrNull(record['name'])
  if (textOrNull(record['clientInput'])) omissions.add('What was typed and not sent')
  if (turns.length === 0) {
    omissions.add(reasons.empty, title ?? '')
    return { conversations: [], leftOut: omissions.list() }
  }
  const created = time(record['createdAt'])
  const ended = [record['userLastMessagedAt'], record['assistantLastMessagedAt']].map((at) => time(at) ?? 0)
  const updated = Math.max(...ended) || created
  const id = baseName(fileName).replace(/\.conversation\.json$/i, '')
  return {
    conversations: [{ id, title, created, updated, turns, leaf: last, ...ownSystem(systemOf(record)) }],
    leftOut: omissions.list(),
  }
}

/** The system prompt: the conversation's own counts before the old place. */
function systemOf(record: Fields): string {
  const own = list(fields(record['perChatPredictionConfig'])['fields'])
    .map(fields)
    .find(({ key }) => key === 'llm.prediction.systemPrompt')
  return (text(own?.['value']) || text(record['systemPrompt'])).trim()
}

function turnOf(
  version: Fields,
  id: string,
  parent: string | null,
  userFile: (id: string) => UserFile,
  omissions: Omissions,
): ImportedTurn | null {
  const steps = list(version['steps']).map(fields)
  const role = version['role'] === 'assistant' || steps.length > 0 ? 'assistant' : version['role']
  if (role === 'system') omissions.add(reasons.system)
  if (role !== 'user' && role !== 'assistant') return null
  const parts: ImportedPart[] = []
  const thoughts: (string | null)[] = []
  let model = textOrNull(fields(version['senderInfo'])['senderName'])
  const isSingle = steps.length === 0
  for (const step of isSingle ? [version] : steps) {
    if (!isSingle && step['type'] !== 'contentBlock') {
      if (step['type'] !== 'debugInfoBlock' && step['type'] !== 'status') omissions.add(reasons.tools)
      continue
    }
    const said = list(step['content']).flatMap((part) => partOf(fields(part), userFile, omissions))
    const isThought = fields(step['style'])['type'] === 'thinking'
    if (isThought) thoughts.push(said.map((part) => (part.type === 'text' ? part.text : '')).join(''))
    else parts.push(...said)
    model ??= textOrNull(fields(step['genInfo'])['identifier'])
  }
  const { thought, rest } =
    role === 'assistant' ? splitThought(wordsOf(parts)) : { thought: null, rest: wordsOf(parts) }
  const media = parts.filter((part) => part.type !== 'text')
  const said: ImportedPart[] = [...media, ...(rest === '' ? [] : [{ type: 'text', text: rest } as const])]
  const reasoning = joinThoughts([...thoughts, thought])
  if (said.length === 0 && reasoning === null) return null
  return {
    ...{ id, parent, role, parts: said, reasoning, time: null, end: 'complete' },
    model: role === 'assistant' ? model : null,
  }
}

const wordsOf = (parts: readonly ImportedPart[]): string =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

function partOf(part: Fields, userFile: (id: string) => UserFile, omissions: Omissions): ImportedPart[] {
  if (part['type'] === 'text') return part['text'] === '' ? [] : [{ type: 'text', text: text(part['text']) }]
  const id = identifierOf(part)
  if (id === '') {
    omissions.add(reasons.tools)
    return []
  }
  const { file, facts } = userFile(id)
  const { originalName, preview, type } = fields(facts)
  const name = textOrNull(originalName) ?? textOrNull(part['name']) ?? id
  const kind = text(part['fileType']) || text(type)
  if (kind !== 'image' && !/\.(png|jpe?g|webp|gif|bmp|avif|heic|tiff?)$/i.test(id)) {
    omissions.add(reasons.file, name)
    return [gap(`Attached file: ${name}`)]
  }
  if (file !== null) return [{ type: 'picture', name, from: { file } }]
  const small = textOrNull(fields(preview)['data'])
  if (small === null) return [{ type: 'picture', name, from: { missing: 'it is not in user-files' } }]
  omissions.add('Pictures whose files are gone: their small previews stand for them', name)
  return [{ type: 'picture', name: `preview of ${name}`, from: { data: small } }]
}
