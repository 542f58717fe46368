import { z } from 'zod'
import type { RemoteFile } from '#contract'
import { authorization } from './authorization.ts'
import { unreachable } from './problems.ts'
import { remoteFile } from './remoteFile.ts'
import { getJson } from './request.ts'
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
