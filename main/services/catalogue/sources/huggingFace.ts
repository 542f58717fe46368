import { AppError } from '#contract'
import type { RemoteFile } from '#contract'
import { z } from 'zod'
import { authorization, getJson } from './request.ts'
import { remoteFile, unreachable } from './source.ts'
import type { ModelSource, SourceConnection } from './source.ts'

/** The tree of a repository comes in pages of 1,000 entries. */
const MAX_PAGES = 20

/** `id`: the repository's name as it is now. */
const Revision = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  id: z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+$/)
    .optional(),
})
const Tree = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.number().optional(),
    /** Where large files are kept; `oid` is the SHA-256 of the content. */
    lfs: z.object({ oid: z.string(), size: z.number() }).nullish(),
  }),
)

/** Hugging Face, or a mirror that answers like it. https://huggingface.co/docs/hub/api */
export function createHuggingFace(connection: SourceConnection): ModelSource {
  return {
    name: connection.name,
    label: connection.label,
    origin: new URL(connection.base).origin,
    holds: 'huggingface',
    headersFor: (url) => authorization(connection, url),
    async listFiles(repository, signal, branch = 'main') {
      const model = `/api/models/${repository}`
      const head = await getJson(connection, `${model}/revision/${encodeURIComponent(branch)}`, {
        schema: Revision,
        repository,
        signal,
      })
      const revision = head.data.sha
      const tree = `${model}/tree/${revision}`
      const urlOf = (encodedPath: string) => `${connection.base}/${repository}/resolve/${revision}/${encodedPath}`
      const files: RemoteFile[] = []
      let query: string | null = '?recursive=true'
      for (let page = 0; query !== null; page++) {
        if (page === MAX_PAGES) throw unreachable(connection, `lists more files of ${repository} than any model has`)
        const { data, link } = await getJson(connection, `${tree}${query}`, { schema: Tree, repository, signal })
        for (const { type, path, size, lfs } of data) {
          if (type === 'file') files.push(...remoteFile(path, lfs?.size ?? size ?? 0, lfs?.oid, urlOf))
        }
        query = nextQuery(link)
      }
      return { repository: head.data.id ?? repository, revision, files }
    },
  }
}

/** The query of the next page. Only that: a mirror may pass on links that lead to another host. */
function nextQuery(link: string | null): string | null {
  const address = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link ?? '')?.[1]
  const next = address === undefined ? null : URL.parse(address, 'https://host.invalid')
  return next?.searchParams.has('cursor') ? next.search : null
}

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
