import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '#contract'
import type { ModelFiles } from '../headless.ts'
import { layOut, writeGguf } from './synthetic/ggufWriter.ts'
import type { GgufFile } from './synthetic/ggufWriter.ts'
import { projector, qwen2vl2b, textModel } from './synthetic/modelFiles.ts'

/** Part of the files' names: raised whenever what is written changes, so that old files are not taken. */
const VERSION = 2

/**
 * A pair of model files of a given shape (default: Qwen2-VL-2B, 0.9 + 1.3 GB) with random weights, for measuring:
 * made in `<cacheFolder>/synthetic` the first time, then kept. A file has its final name only once it is complete.
 * @throws AppError StorageFailed when they cannot be written.
 */
export async function syntheticModel(
  cacheFolder: string,
  shape = qwen2vl2b,
  onWrite: (file: string, bytes: number) => void = () => {},
): Promise<ModelFiles> {
  const folder = path.join(cacheFolder, 'synthetic')
  const make = async (part: string, file: GgufFile) => {
    const name = path.join(folder, `${shape.id}-${part}-v${VERSION}.gguf`)
    const { bytes } = layOut(file)
    if ((await stat(name).catch(() => null))?.size === bytes) return name
    onWrite(name, bytes)
    try {
      await mkdir(folder, { recursive: true })
      await writeGguf(name, file)
    } catch (cause) {
      throw new AppError(
        'StorageFailed',
        `The synthetic model could not be written to ${folder} (${(cause as Error).message}). Its file ${part} needs ${(bytes / 1e9).toFixed(1)} GB.`,
        { folder, bytes },
        { cause },
      )
    }
    return name
  }
  return { textPath: await make('text', textModel(shape)), projectorPath: await make('mmproj', projector(shape)) }
}
