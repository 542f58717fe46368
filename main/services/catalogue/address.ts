import { AppError, say } from '#contract'
import { isSafePath } from './sources/source.ts'

/** A repository as somebody typed it. `holds`: whose it is. */
export interface RepositoryAddress {
  readonly holds: 'huggingface' | 'modelscope'
  /** "owner/name" */
  readonly repository: string
  /** Branch, tag or commit; null: the main branch. */
  readonly revision: string | null
  /** Of a file in it. */
  readonly path: string | null
  /** As in Ollama's "owner/name:Q4_K_M", in capitals. */
  readonly quantization: string | null
}

const NAME = /^[A-Za-z0-9][\w.-]{0,95}$/
const REVISION = /^[\w.][\w./-]{0,127}$/
const HUGGING_FACE = ['huggingface.co', 'www.huggingface.co', 'hf.co', 'hf-mirror.com']
const MODEL_SCOPE = ['modelscope.cn', 'www.modelscope.cn']
/** First words of Hugging Face's addresses that are no models. */
const OTHER_KINDS = [
  'datasets',
  'spaces',
  'collections',
  'papers',
  'docs',
  'blog',
  'models',
  'api',
  'settings',
  'join',
  'login',
]

/** Commands that people copy with the name behind them. */
const COMMAND =
  /^(?:ollama\s+(?:run|pull)|docker\s+model\s+(?:run|pull)|(?:huggingface-cli|hf)\s+download|lms\s+get|git\s+clone|llama-(?:server|cli|mtmd-cli)\s+-hfr?|-hfr?)\s+/i
/** The command of ModelScope's pages; its name is none of Hugging Face. */
const MODEL_SCOPE_COMMAND = /^modelscope\s+download\s+(?:--model(?:=|\s+))?/i
const OLLAMA = ['ollama.com', 'www.ollama.com', 'registry.ollama.ai']
/** Of a file on this computer, or a file's bare name. */
const LOCAL_PATH = /^(?:file:|~|\.{0,2}[\\/]|[a-z]:[\\/])|^[^/]+\.gguf$/i

/**
 * Reads what somebody typed or pasted: "owner/name", "hf.co/owner/name:Q4_K_M", an address of a repository, of a folder or of
 * a file (/tree/, /blob/, /resolve/, with its revision) at Hugging Face, ModelScope or the mirror whose address is `mirror`.
 * @throws AppError InvalidInput in words that say what is wanted; nothing else is ever asked for.
 */
export function parseAddress(typed: string, mirror: string | null): RepositoryAddress {
  const address = typed.trim().replace(MODEL_SCOPE_COMMAND, 'https://modelscope.cn/models/')
  const [bare = ''] = address
    .replace(COMMAND, '')
    .replace(/^["'<(]+/, '')
    .split(/\s/)
  const text = bare.replace(/["'>),;]+$/, '').replace(/^hf:\/\//i, 'https://huggingface.co/')
  if (LOCAL_PATH.test(text)) throw onThisComputer()
  const url = addressOf(text, mirror)
  if (!url) {
    if (/^ollama\s/i.test(typed.trim()) && !text.includes('/')) throw ofOllama()
    const short = /^([^/\s]+\/[^/\s:]+)(?::([\w.-]+))?\/?$/.exec(text)
    if (!short) throw notAnAddress()
    const repository = nameOf(short[1]!.split('/'))
    return {
      holds: 'huggingface',
      repository,
      revision: null,
      path: null,
      quantization: short[2]?.toUpperCase() ?? null,
    }
  }
  const isMirror = mirror !== null && URL.parse(mirror)?.host === url.host
  const host = url.hostname.toLowerCase()
  const prefix = isMirror ? URL.parse(mirror)!.pathname.replace(/\/+$/, '') : ''
  const segments = segmentsOf(url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : url.pathname)
  if (isMirror || HUGGING_FACE.includes(host)) return huggingFaceAddress(segments)
  if (MODEL_SCOPE.includes(host)) return modelScopeAddress(segments)
  if (OLLAMA.includes(host)) throw ofOllama()
  throw new AppError(
    'InvalidInput',
    say`${url.host} is no place that models are taken from. Type a repository of Hugging Face or ModelScope, or set that server up as your mirror.`,
  )
}

/** With or without "https://"; null for "owner/name", whose owner is no host. */
function addressOf(text: string, mirror: string | null): URL | null {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const url = URL.parse(text)
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) throw notAnAddress()
    return url
  }
  const url = URL.parse(`https://${text}`)
  const hosts = [...HUGGING_FACE, ...MODEL_SCOPE, ...(mirror === null ? [] : [URL.parse(mirror)?.host])]
  if (!url || !text.includes('/')) return null
  const isHost = hosts.includes(url.host.toLowerCase()) || (text.split('/').length > 2 && /^[\w-]+[.:]\w/.test(text))
  return isHost ? url : null
}

function segmentsOf(path: string): string[] {
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent)
  } catch {
    throw notAnAddress()
  }
}

function huggingFaceAddress(segments: readonly string[]): RepositoryAddress {
  const [first = '', second, kind, ...rest] = segments
  if (OTHER_KINDS.includes(first))
    throw new AppError(
      'InvalidInput',
      say`That is an address of Hugging Face's ${first}, not of a model. Open the model's page and copy its address.`,
    )
  if (second === undefined) throw ownerOnly(first)
  const [, name = '', quantization] = /^([^:]+)(?::([\w.-]+))?$/.exec(second) ?? []
  const base = {
    holds: 'huggingface',
    repository: nameOf([first, name]),
    quantization: quantization?.toUpperCase() ?? null,
  } as const
  if (!['tree', 'blob', 'resolve', 'raw', 'blame', 'commit', 'commits'].includes(kind ?? ''))
    return { ...base, revision: null, path: null }
  // refs/pr/1 is the one revision with slashes in it that addresses have unencoded
  const length = rest[0] === 'refs' ? 3 : 1
  return { ...base, ...within(rest.slice(0, length).join('/'), kind === 'tree' ? [] : rest.slice(length)) }
}

function modelScopeAddress(segments: readonly string[]): RepositoryAddress {
  const [section, owner, name, kind, ...rest] = segments
  if (section !== 'models' || owner === undefined || name === undefined)
    throw new AppError(
      'InvalidInput',
      say`That is no address of a model at ModelScope. It looks like modelscope.cn/models/owner/name.`,
    )
  const base = { holds: 'modelscope', repository: nameOf([owner, name]), quantization: null } as const
  const [revision, ...path] = kind === 'file' && rest[0] === 'view' ? rest.slice(1) : rest
  if (kind === 'resolve' || kind === 'file') return { ...base, ...within(revision ?? '', path) }
  if (kind === 'tree') return { ...base, ...within(revision ?? '', []) }
  return { ...base, revision: null, path: null }
}

function within(revision: string, path: readonly string[]): { revision: string | null; path: string | null } {
  const file = path.join('/')
  if (revision !== '' && (!REVISION.test(revision) || revision.split('/').includes('..'))) throw notAnAddress()
  if (file !== '' && !isSafePath(file)) throw notAnAddress()
  const isMain = revision === '' || revision === 'main' || revision === 'master'
  return { revision: isMain ? null : revision, path: file === '' ? null : file }
}

function nameOf(parts: readonly string[]): string {
  // no repository is called so; addresses for git are
  const [owner = '', name = ''] = parts.map((part, i) => (i === 1 ? part.replace(/\.git$/, '') : part))
  if (parts.length !== 2 || !NAME.test(owner) || !NAME.test(name)) throw notAnAddress()
  return `${owner}/${name}`
}

function ownerOnly(owner: string): AppError {
  const what = owner === '' ? 'That is the address of a site' : `${owner} is an owner`
  return new AppError(
    'InvalidInput',
    say`${what}, not a model. Type owner/name, e.g. ggml-org/Qwen2.5-VL-3B-Instruct-GGUF.`,
  )
}

function ofOllama(): AppError {
  return new AppError(
    'InvalidInput',
    say`Models of Ollama's own library come through Ollama only. Pull it there, then add it here from this computer.`,
  )
}

function onThisComputer(): AppError {
  const what = 'That is a file, not a repository. Type owner/name'
  return new AppError(
    'InvalidInput',
    say`${what}, or, where the file is on this computer, choose "Add from this computer".`,
  )
}

function notAnAddress(): AppError {
  const example = 'Type owner/name, e.g. ggml-org/Qwen2.5-VL-3B-Instruct-GGUF'
  return new AppError(
    'InvalidInput',
    say`That is no repository. ${example}, or paste its address at Hugging Face or ModelScope.`,
  )
}
