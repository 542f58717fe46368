import type { RemoteFile } from '#contract'
import { parseFileName } from './fileName.ts'

/** Best first: half precision loses nothing that counts and is what the authors publish; F32 is twice as large. */
const ORDER = ['F16', 'BF16', 'Q8_0']
const UNKNOWN = ORDER.length
const OTHER = UNKNOWN + 1
const FULL = OTHER + 1

/** How far a projector is from the preferred kind, 0 the best; unnamed ones, then smaller ones, then F32 come last. */
function rank(file: RemoteFile): number {
  const quantization = parseFileName(file.path)?.quantization ?? null
  if (quantization === null) return UNKNOWN
  if (quantization === 'F32') return FULL
  const place = ORDER.indexOf(quantization)
  return place === -1 ? OTHER : place
}

/** The projectors among a repository's files, the one to use first. Split ones do not exist. */
export function projectorsOf(files: readonly RemoteFile[]): RemoteFile[] {
  const projectors = files.filter((file) => {
    const name = parseFileName(file.path)
    return name?.role === 'projector' && !name.part
  })
  return projectors.sort((a, b) => rank(a) - rank(b) || a.path.length - b.path.length || (a.path < b.path ? -1 : 1))
}
