import { createHash } from 'node:crypto'

/** A file as a listing tells it. */
export interface ListedFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** Files smaller than this are kept in git and not listed with a SHA-256, as Hugging Face does with small text files. */
const isText = (path: string) => /\.(md|json|txt)$/.test(path)
const oid = (text: string) => createHash('sha1').update(text).digest('hex')

/** `GET /api/models/{repo}` of Hugging Face. */
export function huggingFaceModel(
  repository: string,
  revision: string,
  files: readonly ListedFile[],
  isGated: boolean,
): unknown {
  return {
    _id: oid(repository).slice(0, 24),
    id: repository,
    modelId: repository,
    author: repository.split('/')[0],
    sha: revision,
    private: false,
    gated: isGated ? 'manual' : false,
    disabled: false,
    tags: ['gguf'],
    siblings: files.map(({ path }) => ({ rfilename: path })),
  }
}

/** `GET /api/models/{repo}/tree/{rev}?recursive=true` of Hugging Face. */
export function huggingFaceTree(files: readonly ListedFile[]): unknown {
  return files.map(({ path, bytes, sha256 }) => {
    const entry = { type: 'file', oid: oid(sha256), size: bytes, path }
    return isText(path) ? entry : { ...entry, lfs: { oid: sha256, size: bytes, pointerSize: 135 } }
  })
}

/** `GET /api/v1/models/{repo}/repo/files?Revision={rev}&Recursive=true` of ModelScope. */
export function modelScopeFiles(revision: string, files: readonly ListedFile[]): unknown {
  return {
    Code: 200,
    Success: true,
    Message: 'success',
    RequestId: oid(revision),
    Data: {
      Files: files.map(({ path, bytes, sha256 }) => ({
        Name: path.split('/').at(-1),
        Path: path,
        Type: 'blob',
        Mode: '33188',
        Revision: revision,
        Size: bytes,
        Sha256: sha256,
        IsLFS: !isText(path),
        InCheck: false,
        CommittedDate: 1_735_689_600,
        CommitMessage: 'Upload',
        CommitterName: 'tests',
      })),
      IsVisual: 0,
      LatestCommitter: { Id: revision, ShortId: revision.slice(0, 8), CommittedDate: 1_735_689_600 },
    },
  }
}
