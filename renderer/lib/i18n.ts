import { i18n } from '@lingui/core'
import type { Messages } from '@lingui/core'
import { languageOf } from './language.ts'
import { recall } from './platform.ts'

/** The catalogues besides English, whose messages stand in the code. */
const catalogues = {
  'zh-Hans': () => import('../locales/zh-Hans.po'),
  pseudo: () => import('../locales/pseudo.po'),
}

/** The messages of the language of the last visit, or the system's; in English where its catalogue cannot be loaded. */
async function activate(): Promise<void> {
  const language = languageOf(recall('language') ?? 'system', navigator.languages)
  if (language === 'en') return show('en', {})
  try {
    const { messages } = await catalogues[language]()
    show(language === 'pseudo' ? 'en' : language, messages)
  } catch {
    show('en', {})
  }
}

function show(locale: string, messages: Messages): void {
  i18n.loadAndActivate({ locale, messages })
  if (typeof document === 'undefined') return
  document.documentElement.lang = locale
  document.documentElement.dir = 'ltr'
}

// Every module with words in it imports this one, by what the macros make of them, and so waits for it: constants hold words too.
await activate()

export { i18n }

/** The locale for numbers, dates and lists: the window's language as the system's region writes it. */
export function formatLocale(): string {
  const language = i18n.locale.split('-')[0]!
  return navigator.languages.find((tag) => tag.split('-')[0] === language && tag !== 'en-XA') ?? i18n.locale
}
