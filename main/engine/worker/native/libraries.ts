import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import koffi from 'koffi'
import type { LibraryHandle } from 'koffi'
import { AppError } from '#contract'
import type { SkippedVariant } from '../../protocol.ts'
import type { BackendChoice, GpuVariant } from '../../types.ts'
import { candidates, missingDriver, packageFolder, packageName, requiredFolder, variantLabel } from './variants.ts'

/** llama.cpp's shared libraries of one variant, loaded. `folder` is where they and the backends lie. */
export interface Libraries {
  readonly folder: string
  /** llama.cpp's release as node-llama-cpp built it, e.g. "v0.4.0". */
  readonly release: string
  readonly ggmlBase: LibraryHandle
  readonly ggml: LibraryHandle
  readonly llama: LibraryHandle
  /** The GPU variant and its backend where that lies elsewhere; null: only the CPU computes. */
  readonly gpu: { readonly variant: GpuVariant; readonly plugin: string | null } | null
  /** Why variants that come before this one are not used. */
  readonly reasons: readonly string[]
  /** Variants that could be tried in another process if this one finds no device. */
  readonly others: readonly GpuVariant[]
}

/** Which variants may be tried. `onProbe` is told of each before its driver and libraries are touched. */
export interface LibraryChoice {
  readonly backend: BackendChoice
  readonly skip: readonly SkippedVariant[]
  readonly onProbe: (variant: GpuVariant) => void
}

/** Only the CPU: what tests of single parts compute with. */
export const CPU_ONLY: LibraryChoice = { backend: 'cpu', skip: [], onProbe: () => {} }

// native calls run on stacks that koffi allocates: tokenizing and graph building need more than its 128 kB
const STACK_BYTES = 8 << 20
const extension = '\\.(so|dylib|dll)$'

/**
 * Loads ggml-base, ggml and llama by full path in dependency order, of the first variant that works here. One variant
 * per process.
 * @throws AppError EngineIncompatible when they are missing or cannot be loaded.
 */
export function loadLibraries({ backend, skip, onProbe }: LibraryChoice = CPU_ONLY): Libraries {
  koffi.config({
    sync_stack_size: STACK_BYTES,
    async_stack_size: STACK_BYTES,
    sync_heap_size: STACK_BYTES,
    async_heap_size: 1 << 20,
  })
  const { try: variants, reasons } = candidates(backend, skip)
  for (const [i, variant] of variants.entries()) {
    onProbe(variant)
    const opened = openVariant(variant, backend)
    if (typeof opened !== 'string')
      return loadFrom(opened.folder, {
        gpu: { variant, plugin: opened.plugin },
        reasons,
        others: variants.slice(i + 1),
      })
    reasons.push(`${variantLabel(variant)}: ${opened}`)
  }
  return loadFrom(requiredFolder(), { gpu: null, reasons, others: [] })
}

/** Where a variant's libraries and its backend lie; the reason when the backend cannot be loaded here. */
function openVariant(variant: GpuVariant, backend: BackendChoice): { folder: string; plugin: string | null } | string {
  const name = packageName(variant)
  const folder = packageFolder(name)
  if (folder === null) return 'its libraries are not part of this installation'
  const missing = missingDriver(variant, backend)
  if (missing) return missing
  if (variant === 'metal') return { folder, plugin: null }
  // a second package has the same backend for older systems
  const extra = packageFolder(`${name}-ext`, name)
  const folders = extra ? [folder, path.join(extra, 'fallback')] : [folder]
  const base = load(folder, findIn(folder, 'ggml-base'))
  let problem = 'its backend is missing'
  for (const place of folders) {
    const file = existsSync(place) ? findIn(place, `ggml-${variant}`) : undefined
    if (!file) continue
    try {
      koffi.load(path.join(place, file))
      return { folder, plugin: place === folder ? null : path.join(place, file) }
    } catch (error) {
      problem = loadProblem(variant, (error as Error).message)
    }
  }
  base.unload()
  return problem
}

function loadProblem(variant: GpuVariant, message: string): string {
  if (variant === 'cuda' && /cudart|cublas/.test(message))
    return 'the CUDA runtime (cudart and cublas 12 or 13) is not installed'
  return `its libraries could not be loaded (${message.split('\n')[0]})`
}

function loadFrom(folder: string, about: Pick<Libraries, 'gpu' | 'reasons' | 'others'>): Libraries {
  const metadata = JSON.parse(readFileSync(path.join(folder, '_nlcBuildMetadata.json'), 'utf8')) as {
    buildOptions: { llamaCpp: { release: string } }
  }
  return {
    folder,
    release: metadata.buildOptions.llamaCpp.release,
    ggmlBase: load(folder, findIn(folder, 'ggml-base')),
    ggml: load(folder, findIn(folder, 'ggml')),
    llama: load(folder, findIn(folder, 'llama')),
    ...about,
  }
}

/** The file of a library: names carry the variant and the release on some platforms, e.g. `libggml.vulkan.v0.4.0.so`. */
function findIn(folder: string, library: string): string | undefined {
  const pattern = new RegExp(`^(lib)?${library}(\\.\\w+)?(\\.v[\\d.]+)?${extension}`)
  return readdirSync(folder).find((name) => pattern.test(name))
}

function load(folder: string, file: string | undefined): LibraryHandle {
  if (!file)
    throw new AppError(
      'EngineIncompatible',
      `A llama.cpp library is missing from ${folder}. Install Sightline again.`,
      { folder },
    )
  try {
    return koffi.load(path.join(folder, file))
  } catch (cause) {
    throw new AppError(
      'EngineIncompatible',
      `The llama.cpp library ${file} could not be loaded: ${(cause as Error).message}`,
      { folder },
      { cause },
    )
  }
}
