import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import koffi from 'koffi'
import type { LibraryHandle } from 'koffi'
import { AppError } from '#contract'
import type { SkippedVariant } from '../../protocol.ts'
import type { BackendChoice, GpuVariant } from '../../types.ts'

/** What a variant needs of the system: the driver's library, and what to tell the user when it is not there. */
interface Driver {
  readonly label: string
  readonly library: { readonly linux: string; readonly win32: string } | null
  readonly missing: string
}

const drivers: Record<GpuVariant, Driver> = {
  cuda: {
    label: 'CUDA',
    library: { linux: 'libcuda.so.1', win32: 'nvcuda.dll' },
    missing: 'no NVIDIA driver was found',
  },
  vulkan: {
    label: 'Vulkan',
    library: { linux: 'libvulkan.so.1', win32: 'vulkan-1.dll' },
    missing: 'no Vulkan driver was found',
  },
  metal: { label: 'Metal', library: null, missing: 'no Metal device was found' },
}

/** The name of a variant as users know it, e.g. "CUDA". */
export const variantLabel = (variant: GpuVariant): string => drivers[variant].label

/** The GPU variants that there are for a platform, the best first. */
export function gpuVariants(platform: NodeJS.Platform, arch: string): readonly GpuVariant[] {
  if (platform === 'darwin') return arch === 'arm64' ? ['metal'] : []
  return (platform === 'linux' || platform === 'win32') && arch === 'x64' ? ['cuda', 'vulkan'] : []
}

/** The variants to try for a choice, and why each of the others is left out. */
export function candidates(
  choice: BackendChoice,
  skip: readonly SkippedVariant[],
  platform = process.platform,
  arch: string = process.arch,
): { try: GpuVariant[]; reasons: string[] } {
  if (choice === 'cpu') return { try: [], reasons: ['the CPU was chosen'] }
  const there = gpuVariants(platform, arch)
  if (there.length === 0)
    return { try: [], reasons: [`there are no GPU libraries for this kind of computer (${platform} ${arch})`] }
  if (choice !== 'auto' && !there.includes(choice))
    return {
      try: [],
      reasons: [`${variantLabel(choice)} does not exist on this kind of computer (${platform} ${arch})`],
    }
  const wanted = choice === 'auto' ? there : [choice]
  const skipped = skip.filter(({ variant }) => wanted.includes(variant))
  return {
    try: wanted.filter((variant) => !skipped.some((other) => other.variant === variant)),
    reasons: skipped.map(({ variant, reason }) => `${variantLabel(variant)}: ${reason}`),
  }
}

/** Name of node-llama-cpp's package without its scope: of a GPU variant, or (null) the one that is always there. */
export function packageName(
  variant: GpuVariant | null,
  platform = process.platform,
  arch: string = process.arch,
): string {
  // Apple silicon has one package; it computes on the CPU too
  if (platform === 'darwin') return arch === 'arm64' ? 'mac-arm64-metal' : 'mac-x64'
  const system = platform === 'win32' ? 'win' : 'linux'
  const cpu = arch === 'arm64' ? 'arm64' : arch === 'arm' ? 'armv7l' : 'x64'
  return variant ? `${system}-${cpu}-${variant}` : `${system}-${cpu}`
}

/** The folder of a package's libraries; null when it is not installed. `bins` is named differently in extra packages. */
export function packageFolder(name: string, bins = name): string | null {
  try {
    const entry = createRequire(fileURLToPath(import.meta.resolve('node-llama-cpp'))).resolve(`@node-llama-cpp/${name}`)
    // in an installed app the libraries lie beside the archive that holds the code
    const folder = path.join(path.dirname(entry), '..', 'bins', bins).replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked')
    return existsSync(folder) ? folder : null
  } catch {
    return null
  }
}

/** Why a variant's driver cannot be used here, as cheaply as can be told; null when it may work. */
export function missingDriver(variant: GpuVariant, choice: BackendChoice): string | null {
  const { library, missing } = drivers[variant]
  const name = process.platform === 'win32' ? library?.win32 : library?.linux
  if (!name) return null
  // loading Vulkan's software drivers takes longer than all the rest of a start
  if (choice === 'auto' && process.platform === 'linux' && !hasDeviceNode(variant))
    return variant === 'cuda' ? missing : 'no graphics device was found'
  try {
    const driver = koffi.load(name)
    return variant === 'cuda' ? cudaProblem(driver) : null
  } catch {
    return missing
  }
}

/** Whether the kernel offers a device that the variant's drivers compute on. */
function hasDeviceNode(variant: GpuVariant): boolean {
  // WSL reaches the GPU through one node of its own
  if (existsSync('/dev/dxg') || existsSync('/dev/nvidiactl')) return true
  if (variant === 'cuda') return false
  if (process.env['GGML_VK_VISIBLE_DEVICES']) return true
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((node) => node.startsWith('renderD'))
}

/** Asks the driver for its devices, before the large library is loaded. */
function cudaProblem(driver: LibraryHandle): string | null {
  const init = driver.func('cuInit', 'int', ['uint'])
  const count = driver.func('cuDeviceGetCount', 'int', ['void*'])
  const devices = new Int32Array(1)
  const status = (init(0) || count(devices)) as number
  if (status !== 0) return `the NVIDIA driver finds no usable device (status ${status})`
  return devices[0]! > 0 ? null : 'the NVIDIA driver finds no device'
}

/** @throws AppError EngineIncompatible, when the package without which nothing works is not there. */
export function requiredFolder(): string {
  const variant = packageName(null)
  const folder = packageFolder(variant)
  if (folder === null)
    throw new AppError(
      'EngineIncompatible',
      `The llama.cpp libraries for this computer (${variant}) are not installed. Install Sightline again.`,
      { variant },
    )
  return folder
}
