import { Tag } from './directory.ts'
import type { Directory, TiffFile } from './directory.ts'

const REDUCED = 1
const MASK = 4

/** The pages of a file: its directories without thumbnails, smaller copies and masks. At least one. */
export async function pagesOf(file: TiffFile): Promise<Directory[]> {
  const pages: Directory[] = []
  for (const directory of file.chain) {
    const kind = await directory.number(Tag.newSubfileType, 0)
    if ((kind & (REDUCED | MASK)) === 0 && directory.has(Tag.width) && directory.has(Tag.height)) pages.push(directory)
  }
  return pages.length > 0 ? pages : file.chain.slice(0, 1)
}
