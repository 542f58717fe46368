import { existsSync } from 'node:fs'
import { isAbsolute, normalize } from 'node:path'
import { shell } from 'electron'
import { AppError } from '#contract'
import type { Files } from '../../main/ports.ts'

/** The system's own file manager. */
export const files: Files = {
  async reveal(path) {
    if (!isAbsolute(path) || path.includes('\0')) {
      const what = 'The file cannot be shown: its path is not complete. Give the path from the root of the disk.'
      throw new AppError('InvalidInput', what, { path })
    }
    // The file manager of Windows knows no other separators than its own.
    const file = normalize(path)
    if (!existsSync(file))
      throw new AppError('NotFound', `${file} is not there any more. Was it moved or deleted?`, { path })
    shell.showItemInFolder(file)
  },
}
