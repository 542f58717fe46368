import { shell } from 'electron'
import type { Files } from '../../main/ports.ts'

/** The system's own file manager. */
export const files: Files = {
  reveal: (path) => shell.showItemInFolder(path),
}
