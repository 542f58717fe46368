import { Omissions, gap, ownSystem, reasons } from '../form.ts'
import type { Imported, ImportedConversation, ImportedPart, ImportedTurn } from '../form.ts'
import { fenced, fields, isFields, joinThoughts, list, splitThought, text, textOrNull, texts, time } from './values.ts'
import type { Fields } from './values.ts'

/** Whether a value is the `data.json` of a backup of Cherry Studio. */
export const isCherryStudio = (value: unknown): boolean =>
  isFields(value) && 'indexedDB' in value && ('localStorage' in value || 'version' in value)

/** Where the backup keeps a file, by its id and ending; null: it is not there. */
export type CherryFile = (name: string) => string | null

interface Topic {
  readonly id: string
  readonly messages: readonly unknown[]
}

/** Reads the `data.json` of a backup, versions 1 to 5. Of its local storage only the titles of topics are looked at. */
export function readCherryStudio(data: unknown, findFile: CherryFile): Imported {
  const omissions = new Omissions()
  const record = fields(data)
  const database = record['indexedDB']
  const blocks = new Map<string, Fields>()
  for (const block of list(fields(database)['message_blocks']).filter(isFields))
    if (textOrNull(block['id'])) blocks.set(text(block['id']), block)
  const titles = titlesOf(record['localStorage'])
  const conversations = topicsOf(database).flatMap(({ id, messages }): ImportedConversation[] => {
    const about = titles.get(id) ?? {}
    const { turns, leaf } = turnsOf(messages.filter(isFields), blocks, findFile, omissions)
    const title = textOrNull(about['name'])
    // topics without a message are what a new conversation is there
    if (turns.length === 0) return []
    const created = time(about['createdAt']) ?? turns[0]?.time ?? null
    return [
      {
        id,
        title,
        created,
        updated: time(about['updatedAt']) ?? turns.at(-1)?.time ?? created,
        turns,
        leaf,
        ...ownSystem(textOrNull(about['prompt'])),
      },
    ]
  })
  return { conversations, leftOut: omissions.list() }
}

/** The topics: a table of their own, or entries of `topic:<id>` in the first version. */
function topicsOf(database: unknown): Topic[] {
  const rows = Array.isArray(database)
    ? database.filter((entry) => text(fields(entry)['key']).startsWith('topic:')).map((entry) => fields(entry)['value'])
    : list(fields(database)['topics'])
  return rows.flatMap((row): Topic[] => {
    const id = textOrNull(fields(row)['id'])
    return id === null ? [] : [{ id, messages: list(fields(row)['messages']) }]
  })
}

/** What the list of assistants says of each topic; it stands as JSON in JSON in the local storage. */
function titlesOf(storage: unknown): Map<string, Fields> {
  const parse = (json: unknown): Fields => {
    try {
      return fields(JSON.parse(text(json)))
    } catch {
      return {}
    }
  }
  const { defaultAssistant, assistants } = parse(parse(fields(storage)['persist:cherry-studio'])['assistants'])
  const topics = [defaultAssistant, ...list(assistants)].flatMap((one) => list(fields(one)['topics'])).filter(isFields)
  return new Map(topics.map((topic) => [text(topic['id']), topic]))
}

/** Messages are a line; answers to the same question stand side by side. */
function turnsOf(
  messages: readonly Fields[],
  blocks: ReadonlyMap<string, Fields>,
  findFile: CherryFile,
  omissions: Omissions,
): { turns: ImportedTurn[]; leaf: string | null } {
  const turns: ImportedTurn[] = []
  const ids = new Set<string>()
  let tip: string | null = null
  /** Of the answers side by side: what they follow, and whether the chosen one was among them. */
  let beside: { askId: string; parent: string | null; isChosen: boolean } | null = null
  messages.forEach((message, place) => {
    if (message['type'] === 'clear') return omissions.add('Marks where the context was cleared')
    const { role } = message
    if (role === 'system') return omissions.add(reasons.system)
    if (role !== 'user' && role !== 'assistant') return
    const said = contentOf(message, role, blocks, findFile, omissions)
    if (said === null) return
    const own = textOrNull(message['id']) ?? `message ${place}`
    const id = ids.has(own) ? `${own} ${place}` : own
    ids.add(id)
    const askId = role === 'assistant' ? textOrNull(message['askId']) : null
    const isBeside = beside !== null && askId !== null && beside.askId === askId
    const parent = isBeside && beside ? beside.parent : askId !== null && ids.has(askId) ? askId : tip
    const model = textOrNull(message['modelId']) ?? textOrNull(fields(message['model'])['id'])
    turns.push({
      ...{ id, parent, role, ...said, time: time(message['createdAt']) },
      model: role === 'assistant' ? model : null,
    })
    const isChosen = message['foldSelected'] === true
    if (!isBeside) beside = askId === null ? null : { askId, parent, isChosen }
    else if (beside) {
      // without a choice the last one is shown
      if (beside.isChosen && !isChosen) return
      beside = { ...beside, isChosen }
    }
    tip = id
  })
  return { turns, leaf: tip }
}

function contentOf(
  message: Fields,
  role: 'user' | 'assistant',
  blocks: ReadonlyMap<string, Fields>,
  findFile: CherryFile,
  omissions: Omissions,
): Pick<ImportedTurn, 'parts' | 'reasoning' | 'end'> | null {
  const parts: ImportedPart[] = []
  const thoughts: (string | null)[] = []
  let failed: string | null = null
  const words: string[] = []
  // before version 4 the text stands in the message itself
  const old = typeof message['content'] === 'string' && texts(message['blocks']).length === 0 ? message['content'] : ''
  if (old !== '') words.push(old)
  for (const block of texts(message['blocks']).map((id) => blocks.get(id) ?? {})) {
    const content = text(block['content'])
    const type = text(block['type'])
    if (type === 'main_text') words.push(content)
    else if (type === 'thinking') thoughts.push(content)
    else if (type === 'code') words.push(fenced(content, text(block['language'])))
    else if (type === 'image') parts.push(...picturesOf(block, findFile))
    else if (type === 'file') {
      const file = fields(block['file'])
      const name = textOrNull(file['origin_name']) ?? 'without a name'
      omissions.add(reasons.file, name)
      parts.push(gap(`Attached file: ${name}`))
    } else if (type === 'error') failed = text(fields(block['error'])['message']) || content || 'Failed.'
    else if (type === 'tool' || type === 'citation') omissions.add(reasons.tools)
    else if (type === 'video') omissions.add(reasons.sound)
    else if (type !== '' && type !== 'unknown') omissions.add('Parts of a kind that Sightline does not know', type)
  }
  const whole = words.filter((one) => one !== '').join('\n\n')
  const { thought, rest } = role === 'assistant' ? splitThought(whole) : { thought: null, rest: whole }
  if (rest !== '') parts.push({ type: 'text', text: rest })
  const reasoning = joinThoughts([...thoughts, thought])
  if (parts.length === 0 && reasoning === null && failed === null) return null
  const isStopped = message['status'] === 'paused'
  const end = role === 'user' ? 'complete' : failed !== null ? { failed } : isStopped ? 'stopped' : 'complete'
  return { parts, reasoning, end }
}

/** The pictures of a block: a file of the backup, or what the model made, as data. */
function picturesOf(block: Fields, findFile: CherryFile): ImportedPart[] {
  const { file, url } = block
  if (isFields(file)) {
    // the name may end twice: the file is called by its id
    const found = findFile(`${text(file['id'])}${text(file['ext'])}`)
    const name = textOrNull(file['origin_name'])
    return [{ type: 'picture', name, from: found === null ? { missing: 'it is not in the backup' } : { file: found } }]
  }
  const made = fields(fields(block['metadata'])['generateImageResponse'])
  const all = [...(typeof url === 'string' && url !== '' ? [url] : []), ...texts(made['images'])]
  return [...new Set(all)].map((address) => ({
    ...{ type: 'picture', name: null },
    from: address.startsWith('http') ? { missing: 'it lies at an address outside of the backup' } : { data: address },
  }))
}
