import { AppError } from '#contract'
import type { FileFacts, ModelFiles } from '../types.ts'
import type { ByteSource, OpenSource } from './byteReader.ts'
import { inspectFile } from './inspectFile.ts'
import { inspectModel } from './inspectModel.ts'
import type { InspectedModel } from './inspectModel.ts'

/** Reads the headers of files that have not been downloaded; paths are those of `files`. */
export interface AtSource {
  /** As `inspectFile`, but what is wrong with the source is thrown. */
  inspectFile(path: string, signal: AbortSignal): Promise<FileFacts>
  /** As `inspectModel`; what it says of a damaged file is said of the source's. */
  inspectModel(files: ModelFiles, signal: AbortSignal): Promise<InspectedModel>
}

/** `open` opens one of `files`; no more of it is read than its header. Parts of a split model are found among `files`. */
export function atSource<F extends { readonly path: string }>(
  files: readonly F[],
  open: (file: F) => Promise<ByteSource>,
): AtSource {
  let failure: unknown = null
  const openSource: OpenSource = async (path) => {
    const wanted = path.replaceAll('\\', '/')
    const file = files.find((one) => one.path === wanted)
    if (!file)
      throw new AppError(
        'NotFound',
        `${wanted.split('/').at(-1)} is missing at its source, so the model is not whole. Choose another one.`,
      )
    const source = await open(file)
    const read: ByteSource['read'] = (...args) =>
      source.read(...args).catch((error: unknown) => {
        // that of the file itself is its problem, any other is the source's
        if (!(error instanceof AppError && error.code === 'UnsupportedModel')) failure ??= error
        throw error
      })
    return { size: source.size, read, close: () => source.close() }
  }
  const told = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      if (failure !== null) throw failure
      if (!(error instanceof AppError && error.code === 'ModelDamaged')) throw error
      throw new AppError('ModelDamaged', ofSource(error.message), error.detail, { cause: error })
    })
  return {
    async inspectFile(path, signal) {
      const facts = await told(inspectFile(path, signal, openSource))
      if (failure !== null) throw failure
      return { ...facts, problem: facts.problem === null ? null : ofSource(facts.problem) }
    },
    inspectModel: (pair, signal) => told(inspectModel(pair, signal, [], openSource)),
  }
}

/** To download it again would bring the same. */
const ofSource = (message: string) =>
  message.replace(/ Download it again\.$/, ' It is so at its source: choose another file.')
