import { defineConfig } from '@lingui/conf'
import { formatter } from '@lingui/format-po'
import { createSwcExtractor } from '@lingui/native-tools'
import { saidExtractor } from './build/messages/said.ts'

/** The message catalogue: English stands in the code, every other language in a file of `renderer/locales`. */
export default defineConfig({
  sourceLocale: 'en',
  locales: ['en', 'zh-Hans', 'pseudo'],
  // what the macros import: it has the language before anything else of the window is run
  runtimeConfigModule: { i18n: ['#i18n', 'i18n'], Trans: ['#trans', 'Trans'] },
  // longer words, which only specs ask for
  pseudoLocale: { locale: 'pseudo', extend: 0.3, extendCharacter: '·' },
  catalogs: [
    {
      path: '<rootDir>/renderer/locales/{locale}',
      include: ['<rootDir>/renderer', '<rootDir>/main'],
      exclude: ['**/*.test.ts', '**/*.test.tsx', '**/testing/**', '**/node_modules/**'],
    },
  ],
  extractors: [saidExtractor, createSwcExtractor()],
  // no line numbers: they would change with every change of the code
  format: formatter({ lineNumbers: false }),
  orderBy: 'origin',
})
