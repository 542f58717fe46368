import type { CatalogueOptions } from '../types.ts'
import { createHuggingFace, createMirror } from './huggingFace.ts'
import { createModelScope } from './modelScope.ts'
import type { ModelSource } from './source.ts'

export { missing } from './source.ts'
export type { ModelSource, RepositoryListing } from './source.ts'

const HUGGING_FACE = 'https://huggingface.co'
const MODEL_SCOPE = 'https://modelscope.cn'
const TIMEOUT_MS = 20_000
const MAX_BYTES = 8 * 2 ** 20

/** The sources that the user chose, in that order. */
export function chosenSources(options: CatalogueOptions): ModelSource[] {
  const { order, mirrorUrl } = options.sources()
  const { userAgent, token, bases = {}, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = options
  const common = { userAgent, timeoutMs, maxBytes }
  return [...new Set(order)].flatMap((name) => {
    const connection = { ...common, name, token: () => token(name) }
    switch (name) {
      case 'huggingface':
        return [createHuggingFace({ ...connection, label: 'Hugging Face', base: bases.huggingface ?? HUGGING_FACE })]
      case 'modelscope':
        return [createModelScope({ ...connection, label: 'ModelScope', base: bases.modelscope ?? MODEL_SCOPE })]
      case 'mirror':
        return mirrorUrl === null ? [] : [createMirror(mirrorUrl, connection)]
    }
  })
}
