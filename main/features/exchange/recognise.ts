import { basename, dirname } from 'node:path/posix'
import { AppError } from '#contract'
import type { FileSet } from './fileSet.ts'
import { Omissions } from './form.ts'
import type { Imported } from './form.ts'
import { isCherryStudio, readCherryStudio } from './programs/cherryStudio.ts'
import { assetFiles, isChatGpt, readChatGpt } from './programs/chatGpt.ts'
import { isJanExport, isJanMessage, isJanThread, readJan } from './programs/jan.ts'
import { isLlamaCpp, isLlamaCppSession, readLlamaCpp, sessionsOf } from './programs/llamaCpp.ts'
import { isLmStudio, readLmStudio, userFilesOf } from './programs/lmStudio.ts'
import { isOpenWebUi, readOpenWebUi } from './programs/openWebUi.ts'
import { baseName, fields, list, textOrNull } from './programs/values.ts'
import { MANIFEST } from './sightlineForm.ts'

/** The conversations of one file, or of one folder that is a conversation. */
export interface Found extends Imported {
  readonly program: string
}

/** The manifest of an export of our own in a set; null: it is none. */
export const ownManifest = (set: FileSet): string | null =>
  set.names.find((name) => basename(name) === MANIFEST) ?? null

/**
 * What a set of another program's files holds, one file at a time. Tells in `leftOut` what was passed over. Throws InvalidInput where nothing in it
 * is known, or the one file of it is damaged.
 */
export async function* readSet(set: FileSet, leftOut: Omissions): AsyncGenerator<Found> {
  refuseDatabases(set)
  // a thread's lines are read with it
  const hasThread = (name: string): boolean =>
    basename(name) === 'messages.jsonl' && set.get(name.replace(/[^/]*$/, 'thread.json')) !== null
  const candidates = candidatesOf(set).filter((name) => !hasThread(name))
  const context = createContext(set)
  let known = 0
  let damaged: unknown = null
  const unknown: string[] = []
  for (const name of candidates) {
    let values: readonly unknown[]
    try {
      values = parse(await set.text(name))
    } catch (error) {
      damaged = error instanceof AppError ? error : damagedFile(name, error)
      if (candidates.length > 1) leftOut.add('Files that are damaged', name)
      continue
    }
    const found = await context.read(name, values)
    if (found) {
      known++
      yield found
    } else unknown.push(name)
  }
  if (known > 0) {
    for (const name of unknown) leftOut.add('Files that hold no conversations', baseName(name))
    return
  }
  if (candidates.length === 1 && damaged) throw damaged
  const programs = 'Sightline, Open WebUI, ChatGPT, LM Studio, Jan, Cherry Studio or llama.cpp'
  const advice = set.names.some((name) => /\.zip$/i.test(name))
    ? 'It holds other zips: unpack it, then import those.'
    : 'Pick the file or folder that the program exported.'
  throw new AppError('InvalidInput', `${set.title} holds no conversations of ${programs}. ${advice}`)
}

const damagedFile = (name: string, cause: unknown) =>
  new AppError(
    'InvalidInput',
    `${baseName(name)} is damaged: it is no whole JSON. Export it anew, then import it again.`,
    undefined,
    { cause },
  )

/** Newer backups of Cherry Studio are databases. */
function refuseDatabases(set: FileSet): void {
  const isCherry = set.names.some((name) => /(^|\/)(IndexedDB\/.*\.ldb|cherrystudio\.sqlite)$/.test(name))
  if (!isCherry || set.names.some((name) => basename(name) === 'data.json')) return
  throw new AppError(
    'InvalidInput',
    'This backup of Cherry Studio is a copy of its databases, which cannot be read here. Make a legacy backup in its data settings, and import that.',
  )
}

/**
 * The files that may hold conversations. Of the archive of a known program only those: what lies beside them is about the account, and is not
 * opened.
 */
function candidatesOf(set: FileSet): string[] {
  const json = set.names.filter((name) => /\.(json|jsonl|ndjson)$/i.test(name))
  const archives = [
    /^conversations(-\d+)?\.json$/,
    /^data\.json$/,
    /\.conversation\.json$/,
    /^(thread\.json|messages\.jsonl)$/,
  ]
  for (const form of set.isWhole ? archives : []) {
    const found = json.filter((name) => form.test(basename(name)))
    if (found.length > 0) return found
  }
  return json.filter(
    (name) =>
      !/\.metadata\.json$|^(export_manifest|conversation_asset_file_names|user|user_settings)\.json$/.test(
        basename(name),
      ),
  )
}

/** The values of a JSON text, of an array of them, or of one in each line. Throws SyntaxError. */
function parse(content: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(content)
    return Array.isArray(value) ? value : [value]
  } catch (error) {
    const lines = content.split('\n').filter((line) => line.trim() !== '')
    const values = lines.flatMap((line): unknown[] => {
      try {
        return [JSON.parse(line)]
      } catch {
        return []
      }
    })
    // a text in many lines has lines that are JSON, such as brackets and numbers
    if (
      values.length < 1 ||
      values.length < lines.length / 2 ||
      lines.length === 1 ||
      !values.every((value) => typeof value === 'object')
    )
      throw error
    return Object.assign(values, { broken: lines.length - values.length })
  }
}

/** How many lines could not be read. */
const brokenLines = (values: readonly unknown[]): number => (values as { broken?: number }).broken ?? 0

function createContext(set: FileSet) {
  const json = async (name: string | undefined): Promise<unknown> => {
    if (name === undefined) return undefined
    try {
      return JSON.parse(await set.text(name))
    } catch {
      return undefined
    }
  }
  const named = (base: string) => set.names.find((name) => basename(name) === base)
  const byBase = new Map(set.names.map((name) => [basename(name), name]))

  async function chatGpt(values: readonly unknown[]): Promise<Imported> {
    return readChatGpt(values, assetFiles(set.names, await json(named('conversation_asset_file_names.json'))))
  }

  async function lmStudio(values: readonly unknown[], name: string): Promise<Imported> {
    const facts = new Map<string, unknown>()
    for (const id of userFilesOf(values[0])) facts.set(id, await json(byBase.get(`${baseName(id)}.metadata.json`)))
    return readLmStudio(values[0], name, (id) => ({ file: byBase.get(baseName(id)) ?? null, facts: facts.get(id) }))
  }

  async function janThread(thread: unknown, name: string): Promise<Imported> {
    const folder = dirname(name)
    const lines = folder === '.' ? 'messages.jsonl' : `${folder}/messages.jsonl`
    if (!set.get(lines)) return readJan(thread, [])
    const omissions = new Omissions()
    const content = (await set.text(lines)).split('\n').filter((line) => line.trim() !== '')
    const messages = content.flatMap((line): unknown[] => {
      try {
        return [JSON.parse(line)]
      } catch {
        omissions.add('Lines that are damaged', fields(thread)['title'] as string)
        return []
      }
    })
    const read = readJan(thread, messages)
    omissions.addAll(read.leftOut)
    return { ...read, leftOut: omissions.list() }
  }

  async function imported(name: string, values: readonly unknown[]): Promise<Found | null> {
    const [first] = values
    if (values.some(isChatGpt)) return { program: 'ChatGPT', ...(await chatGpt(values)) }
    const wrapped = list(fields(first)['conversations'])
    if (values.length === 1 && wrapped.some(isChatGpt)) return { program: 'ChatGPT', ...(await chatGpt(wrapped)) }
    if (values.some(isLlamaCppSession)) return { program: 'llama.cpp', ...readLlamaCpp(sessionsOf(values)) }
    if (values.some(isLlamaCpp)) return { program: 'llama.cpp', ...readLlamaCpp(values) }
    if (values.some(isOpenWebUi)) return { program: 'Open WebUI', ...readOpenWebUi(values) }
    if (isLmStudio(first)) return { program: 'LM Studio', ...(await lmStudio(values, name)) }
    if (isCherryStudio(first)) {
      const findFile = (file: string) =>
        set.names.find((one) => one === `Data/Files/${file}` || one.endsWith(`/Data/Files/${file}`)) ?? null
      return { program: 'Cherry Studio', ...readCherryStudio(first, findFile) }
    }
    if (isJanThread(first)) return { program: 'Jan', ...(await janThread(first, name)) }
    if (isJanExport(first)) return { program: 'Jan', ...readJan(first, list(fields(first)['messages'])) }
    if (isJanMessage(first)) {
      const id = textOrNull(fields(first)['thread_id'])
      return { program: 'Jan', ...readJan({ id }, values) }
    }
    return null
  }

  return {
    async read(name: string, values: readonly unknown[]): Promise<Found | null> {
      const found = await imported(name, values)
      const broken = brokenLines(values)
      if (found === null || broken === 0) return found
      const omissions = new Omissions()
      omissions.addAll(found.leftOut)
      omissions.add('Lines that are damaged', baseName(name), broken)
      return { ...found, leftOut: omissions.list() }
    },
  }
}
