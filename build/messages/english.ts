import { compileMessage } from '@lingui/message-utils/compileMessage'
import type { Plugin } from 'vite'

/**
 * Compiles the English messages where they stand in the code, as Lingui's plugin compiles those of other languages: so English
 * needs no catalogue, of which the first view would load all, and the window no compiler.
 */
export const compiledEnglish: Plugin = {
  name: 'compiled-english',
  apply: 'build',
  transform: (code, id) =>
    /[\\/]renderer[\\/].*\.tsx?$/.test(id) && code.includes('/*i18n*/')
      ? { code: code.replace(/(\bmessage: )("(?:[^"\\]|\\.)*")/g, compiled), map: null }
      : undefined,
  // right after the macros
  enforce: 'pre',
}

const compiled = (_: string, key: string, literal: string): string =>
  key + JSON.stringify(compileMessage(JSON.parse(literal) as string))
