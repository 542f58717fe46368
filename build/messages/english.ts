import { compileMessage } from '@lingui/message-utils/compileMessage'
import type { Plugin } from 'vite'

/** The message of a descriptor as the macros write it: behind its id, or in `<Trans>` at its end. */
const MESSAGE = /(\bid: "[\w-]{6}",\s*message: )("(?:[^"\\]|\\.)*")|(\bmessage: )("(?:[^"\\]|\\.)*")(?=\s*\}\}\s*\/>)/g

/**
 * Compiles the English messages where they stand in the code, as Lingui's plugin compiles those of other languages: so English
 * needs no catalogue, of which the first view would load all, and the window no compiler.
 */
export const compiledEnglish: Plugin = {
  name: 'compiled-english',
  apply: 'build',
  // right after the macros
  enforce: 'pre',
  transform: (code, id) =>
    /[\\/]renderer[\\/].*\.tsx?$/.test(id) && code.includes('/*i18n*/')
      ? {
          code: code.replace(MESSAGE, (_, key1?: string, text1?: string, key2?: string, text2?: string) =>
            compiled(key1 ?? key2 ?? '', text1 ?? text2 ?? '""'),
          ),
          map: null,
        }
      : undefined,
}

const compiled = (key: string, literal: string): string =>
  key + JSON.stringify(compileMessage(JSON.parse(literal) as string))
