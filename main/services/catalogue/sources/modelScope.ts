import { z } from 'zod'
import { authorization, getJson } from './request.ts'
import { missing, remoteFile } from './source.ts'
import type { ModelSource, SourceConnection } from './source.ts'

const BRANCH = 'master'
const COMMIT = /^[0-9a-f]{40}$/

/** What does not exist is answered with 404, or without `Data` or `Files`. */
const Answer = z.object({
  Data: z
    .object({
      Files: z
        .array(
          z.object({
            Path: z.string(),
            Type: z.string(),
            Size: z.number(),
            Sha256: z.string().nullish(),
            /** The commit that last changed the file. */
            Revision: z.string().nullish(),
          }),
        )
        .nullish(),
      LatestCommitter: z.object({ Id: z.string().nullish(), ShortId: z.string().nullish() }).nullish(),
    })
    .nullish(),
})
type Data = NonNullable<z.infer<typeof Answer>['Data']>

/** ModelScope, by the interface its own Python client uses (`HubApi.get_model_files`). */
export function createModelScope(connection: SourceConnection): ModelSource {
  return {
    name: 'modelscope',
    label: connection.label,
    origin: new URL(connection.base).origin,
    holds: 'modelscope',
    headersFor: (url) => authorization(connection, url),
    async listFiles(repository, signal, branch = BRANCH) {
      const path = `/api/v1/models/${repository}/repo/files?Revision=${encodeURIComponent(branch)}&Recursive=true`
      const { data: answer } = await getJson(connection, path, { schema: Answer, repository, signal })
      if (!answer.Data?.Files) throw missing(connection, repository)
      const revision = headOf(answer.Data, branch)
      const files = answer.Data.Files.filter(({ Type }) => Type === 'blob').flatMap(
        ({ Path, Size, Sha256, Revision }) => {
          const pinned = Revision && COMMIT.test(Revision) ? Revision : revision
          return remoteFile(
            Path,
            Size,
            Sha256,
            (encoded) => `${connection.base}/models/${repository}/resolve/${pinned}/${encoded}`,
          )
        },
      )
      return { repository, revision, files }
    },
  }
}

/** The newest commit: its id is often left empty, then the file that it changed tells it; else the branch. */
function headOf({ Files, LatestCommitter }: Data, branch: string): string {
  if (LatestCommitter?.Id && COMMIT.test(LatestCommitter.Id)) return LatestCommitter.Id
  const short = LatestCommitter?.ShortId ?? ''
  const commits = (Files ?? []).flatMap(({ Revision }) => (Revision && COMMIT.test(Revision) ? [Revision] : []))
  return (short.length >= 7 ? commits.find((commit) => commit.startsWith(short)) : undefined) ?? branch
}
