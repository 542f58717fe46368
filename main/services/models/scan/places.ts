import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { AppError, say } from '#contract'
import { awayDrive } from '../../../lib/files/drives.ts'
import { isWithin } from '../files/disk.ts'

/** The folders of a user and the environment in which other programs look for theirs. */
export interface Surroundings {
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
}

/** A folder in which a program keeps its models, and how they lie there. */
export interface Place {
  readonly keeper: string
  /** `projectors`: a folder beside that of the models, which gives projectors only. */
  readonly layout: 'folders' | 'ollama' | 'hub' | 'llamacpp' | 'jan' | 'projectors'
  readonly path: string
}

const MAX_SETTINGS_BYTES = 1 << 20
/** Homes that Ollama's packages for Linux give its service. */
const SERVICES = ['/usr/share/ollama/.ollama', '/var/lib/ollama', '/var/snap/ollama/common']

/**
 * Where LM Studio, Ollama, Msty, llama.cpp, Hugging Face's tools, Jan and GPT4All keep their models by their own
 * documentation and code, also where their settings say otherwise. The folders need not be there; some appear twice
 * under two names.
 */
export async function usualPlaces({ home, env, platform }: Surroundings): Promise<Place[]> {
  const { caches, data, local, config } = foldersOf({ home, env, platform })
  const place = (keeper: string, layout: Place['layout'], ...paths: readonly (string | null | undefined)[]) =>
    [...new Set(paths)].filter((path): path is string => Boolean(path)).map((path) => ({ keeper, layout, path }))
  const services = SERVICES.map((folder) => join(folder, 'models'))
  const hub = join(env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'huggingface'), 'hub')
  const jan = await janFolders([...new Set([...data, ...config])], home)
  return [
    ...place('LM Studio', 'folders', ...(await lmStudioFolders(home))),
    ...place('Ollama', 'ollama', env['OLLAMA_MODELS'], join(home, '.ollama', 'models')),
    ...(platform === 'linux' ? place('Ollama', 'ollama', ...services) : []),
    ...config.flatMap((folder) =>
      place('Msty', 'ollama', join(folder, 'Msty', 'models'), join(folder, 'MstyStudio', 'models')),
    ),
    // of its first years by file names, then in the layout of Hugging Face's tools
    ...place('llama.cpp', 'llamacpp', env['LLAMA_CACHE'] || join(caches, 'llama.cpp')),
    ...place('Hugging Face', 'hub', env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || hub),
    ...place('Jan', 'jan', ...jan.map((folder) => join(folder, 'llamacpp', 'models'))),
    ...place('Jan', 'jan', ...jan.map((folder) => join(folder, 'models'))),
    ...place('GPT4All', 'folders', ...(await gpt4AllFolders(config, home)), join(local, 'nomic.ai', 'GPT4All')),
  ]
}

/** The system's folders for programs: caches, data (`local`: that do not roam) and settings of a user. */
interface SystemFolders {
  readonly caches: string
  readonly data: string[]
  readonly local: string
  readonly config: string[]
}

function foldersOf({ home, env, platform }: Surroundings): SystemFolders {
  if (platform === 'win32') {
    const roaming = env['APPDATA'] || join(home, 'AppData', 'Roaming')
    const local = env['LOCALAPPDATA'] || join(home, 'AppData', 'Local')
    return { caches: local, data: [roaming], local, config: [roaming] }
  }
  if (platform === 'darwin') {
    const support = join(home, 'Library', 'Application Support')
    return { caches: join(home, 'Library', 'Caches'), data: [support], local: support, config: [support] }
  }
  const data = env['XDG_DATA_HOME'] || join(home, '.local', 'share')
  return {
    caches: env['XDG_CACHE_HOME'] || join(home, '.cache'),
    data: [data],
    local: data,
    config: [env['XDG_CONFIG_HOME'] || join(home, '.config')],
  }
}

/** LM Studio's home is where its pointer says; its settings may name yet another folder for models. */
async function lmStudioFolders(home: string): Promise<string[]> {
  const pointer = (await readSmall(join(home, '.lmstudio-home-pointer')))?.trim() ?? ''
  const homes = [...(isAbsolute(pointer) ? [pointer] : []), join(home, '.lmstudio'), join(home, '.cache', 'lm-studio')]
  const chosen = await Promise.all(homes.map((folder) => folderIn(join(folder, 'settings.json'), 'downloadsFolder')))
  return [...chosen.filter((folder) => folder !== null), ...homes.map((folder) => join(folder, 'models'))]
}

/** Jan's data folders: that of its settings, then the usual ones, that of its first versions last. */
async function janFolders(roots: readonly string[], home: string): Promise<string[]> {
  const moved = await Promise.all(roots.map((root) => folderIn(join(root, 'Jan', 'settings.json'), 'data_folder')))
  return [
    ...moved.filter((folder) => folder !== null),
    ...roots.map((root) => join(root, 'Jan', 'data')),
    join(home, 'jan'),
  ]
}

/** GPT4All's folder for models where its settings name one. */
async function gpt4AllFolders(config: readonly string[], home: string): Promise<string[]> {
  const files = [...new Set([...config, join(home, '.config')])].map((folder) =>
    join(folder, 'nomic.ai', 'GPT4All.ini'),
  )
  const texts = await Promise.all(files.map(async (file) => (await readSmall(file)) ?? ''))
  return texts.map((text) => /^modelPath=(.+)$/m.exec(text)?.[1]?.trim() ?? '').filter(isAbsolute)
}

/** The full path of a folder that a file of settings in JSON names; null when it does not. */
async function folderIn(path: string, name: string): Promise<string | null> {
  const json = (await readSmall(path)) ?? ''
  try {
    const value = (JSON.parse(json) as Record<string, unknown> | null)?.[name]
    return typeof value === 'string' && isAbsolute(value) ? value : null
  } catch {
    return null
  }
}

/**
 * Places in a folder that the user chose, or in that of a file: what lies in it, and what programs would keep in it if it were a home folder. A
 * folder within a store (blobs, a snapshot) stands for the store; beside a folder "models" that of its projectors is one
 * too. @throws AppError InvalidInput, ModelNotFound.
 */
export async function placesAt(given: string, platform: NodeJS.Platform): Promise<Place[]> {
  if (!isAbsolute(given))
    throw new AppError('InvalidInput', say`${given} is not the full path of a folder. Choose a folder.`, {
      folder: given,
    })
  const isFile = (await stat(given).catch(() => null))?.isFile() ?? false
  const folder = isFile ? dirname(resolve(given)) : resolve(given)
  if (!(await isFolder(folder))) throw await noFolder(folder)
  const store = await storeAround(folder)
  if (store) return [store]
  const inside = (await usualPlaces({ home: folder, env: {}, platform })).filter(({ path }) => isWithin(folder, path))
  const known: Place[] = []
  for (const place of inside) if (await isFolder(place.path)) known.push(place)
  const projectors = join(dirname(folder), 'mmproj')
  const hasProjectors = basename(folder) === 'models' && (await isFolder(projectors))
  const keeper = basename(folder) || folder
  return [
    ...known,
    { keeper, layout: 'folders', path: folder },
    ...(hasProjectors ? [{ keeper, layout: 'projectors', path: projectors } as const] : []),
  ]
}

/** A repository in Hugging Face's cache, in the first group, or a folder of it. */
const REPOSITORY = /^(.*[/\\]models--[^/\\]+)(?:[/\\](?:snapshots|blobs|refs)(?:[/\\].*)?)?$/

/** The store that a folder is, or is part of; null when it is none. */
async function storeAround(folder: string): Promise<Place | null> {
  const repository = REPOSITORY.exec(folder)?.[1]
  if (repository !== undefined) return { keeper: 'Hugging Face', layout: 'hub', path: repository }
  for (const path of [folder, dirname(folder)])
    if (await isOllamaStore(path)) return { keeper: storeKeeper(path), layout: 'ollama', path }
  return null
}

/** Whether a folder is laid out as Ollama's store, which other programs have too. */
export async function isOllamaStore(folder: string): Promise<boolean> {
  return (await isFolder(join(folder, 'manifests'))) && (await isFolder(join(folder, 'blobs')))
}

/** Whose store a folder is: Msty keeps its models as Ollama does, in a folder of its own name. */
export function storeKeeper(folder: string): string {
  return /[/\\]msty(studio)?([/\\]|$)/i.test(folder) ? 'Msty' : 'Ollama'
}

/** A file of at most 1 MiB as text; null when it is larger or cannot be read. */
export async function readSmall(path: string): Promise<string | null> {
  const info = await stat(path).catch(() => null)
  return info?.isFile() && info.size <= MAX_SETTINGS_BYTES ? readFile(path, 'utf8').catch(() => null) : null
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false
}

async function noFolder(folder: string): Promise<AppError> {
  const drive = await awayDrive(folder)
  const away = `${basename(folder) || folder} is on a drive that is not connected (${drive}). Connect it, then search again.`
  const gone = `${folder} is no folder that can be read. Choose another one.`
  return new AppError('ModelNotFound', drive === null ? gone : away, { folder })
}
