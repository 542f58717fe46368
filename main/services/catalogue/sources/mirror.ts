import { AppError } from '#contract'
import { createHuggingFace } from './huggingFace.ts'
import type { ModelSource, SourceConnection } from './source.ts'

const invalid = { name: 'mirror', label: 'The mirror', origin: null, holds: 'huggingface' } as const

/**
 * A server of the user's choice that answers like Hugging Face. An address that is not http(s), or holds a name, password,
 * query or fragment, makes every listing fail with SourceUnreachable, so that the other sources are still asked.
 */
export function createMirror(
  address: string,
  connection: Omit<SourceConnection, 'name' | 'label' | 'base'>,
): ModelSource {
  const url = URL.parse(address.trim())
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    return { ...invalid, listFiles: () => Promise.reject(invalidAddress()), headersFor: async () => ({}) }
  return createHuggingFace({
    ...connection,
    name: 'mirror',
    label: `The mirror ${url.host}`,
    base: url.href.replace(/\/+$/, ''),
  })
}

function invalidAddress(): AppError {
  const message =
    'The address of the mirror is not valid. Write it in Settings as https://host, without a name or password.'
  return new AppError('SourceUnreachable', message, { source: 'mirror' })
}
