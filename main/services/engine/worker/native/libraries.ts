import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import koffi from 'koffi'
import type { LibraryHandle } from 'koffi'
import { AppError } from '#contract'

/** llama.cpp's shared libraries of one variant, loaded. `folder` is where they and the backends lie. */
export interface Libraries {
  readonly folder: string
  /** llama.cpp's release as node-llama-cpp built it, e.g. "v0.4.0". */
  readonly release: string
  readonly ggmlBase: LibraryHandle
  readonly ggml: LibraryHandle
  readonly llama: LibraryHandle
}

// native calls run on stacks that koffi allocates: tokenizing and graph building need more than its 128 kB
const STACK_BYTES = 8 << 20

/** node-llama-cpp's package for this computer without a GPU (macOS on Apple silicon: its Metal build computes on the CPU too). */
function platformVariant(): string {
  const arch = process.arch
  if (process.platform === 'darwin') return arch === 'arm64' ? 'mac-arm64-metal' : 'mac-x64'
  if (process.platform === 'win32') return arch === 'arm64' ? 'win-arm64' : 'win-x64'
  return arch === 'arm64' ? 'linux-arm64' : arch === 'arm' ? 'linux-armv7l' : 'linux-x64'
}

function binariesFolder(variant: string): string {
  const from = createRequire(fileURLToPath(import.meta.resolve('node-llama-cpp')))
  try {
    const entry = from.resolve(`@node-llama-cpp/${variant}`)
    return path.join(path.dirname(entry), '..', 'bins', variant)
  } catch (cause) {
    throw new AppError('EngineIncompatible', `The llama.cpp libraries for this computer (${variant}) are not installed. Install Sightline again.`, { variant }, { cause })
  }
}

/**
 * Loads ggml-base, ggml and llama by full path in dependency order. One variant per process.
 * @throws AppError EngineIncompatible when they are missing or cannot be loaded.
 */
export function loadLibraries(variant = platformVariant()): Libraries {
  koffi.config({ sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES, sync_heap_size: STACK_BYTES, async_heap_size: 1 << 20 })
  const folder = binariesFolder(variant)
  const files = existsSync(folder) ? readdirSync(folder) : []
  const find = (pattern: RegExp): LibraryHandle => {
    const file = files.find((name) => pattern.test(name))
    if (!file) throw new AppError('EngineIncompatible', `A llama.cpp library is missing from ${folder}. Install Sightline again.`, { folder })
    try {
      return koffi.load(path.join(folder, file))
    } catch (cause) {
      throw new AppError('EngineIncompatible', `The llama.cpp library ${file} could not be loaded: ${(cause as Error).message}`, { folder }, { cause })
    }
  }
  const ggmlBase = find(/^(lib)?ggml-base(\.v[\d.]+)?\.(so|dylib|dll)$/)
  const ggml = find(/^(lib)?ggml(\.\w+)?(\.v[\d.]+)?\.(so|dylib|dll)$/)
  const llama = find(/^(lib)?llama(\.\w+)?(\.v[\d.]+)?\.(so|dylib|dll)$/)
  const metadata = JSON.parse(readFileSync(path.join(folder, '_nlcBuildMetadata.json'), 'utf8')) as { buildOptions: { llamaCpp: { release: string } } }
  return { folder, release: metadata.buildOptions.llamaCpp.release, ggmlBase, ggml, llama }
}

/** The address form of a module path, for dynamic imports on every platform. */
export const moduleUrl = (file: string): string => pathToFileURL(file).href
