import { recall, remember } from './platform.ts'

/** The languages of the window. `pseudo` is English made longer, which only specs ask for, by the locale en-XA. */
export type Language = 'en' | 'zh-Hans' | 'pseudo'

/** What a user chose: a language, or that of the system. */
export type LanguageSetting = 'system' | 'en' | 'zh-Hans'

/** Whether every room of the window has its words in the catalogue: until then a language is not chosen by the system, nor offered. */
export const isCatalogueComplete: boolean = false

/**
 * The language that a setting means where the system prefers `preferred`, the first first: the first that is there, or English.
 * `isComplete`: whether the system may choose another one.
 */
export function languageOf(
  setting: string,
  preferred: readonly string[],
  isComplete: boolean = isCatalogueComplete,
): Language {
  if (setting === 'en' || setting === 'zh-Hans') return setting
  for (const tag of preferred) {
    if (tag.toLowerCase() === 'en-xa') return 'pseudo'
    const language = tag.split('-')[0]?.toLowerCase()
    if (language === 'en') return 'en'
    // traditional script too, for now: it is nearer than English
    if (language === 'zh' && isComplete) return 'zh-Hans'
  }
  return 'en'
}

/**
 * Keeps to a language that was chosen: where the window shows another one, it is remembered and the window loaded again, as words
 * are everywhere. Drafts and answers are the core's, so nothing is lost by it.
 */
export function keepLanguage(setting: LanguageSetting): void {
  const before = languageOf(recall('language') ?? 'system', navigator.languages)
  remember('language', setting)
  // without storage it would be loaded again for ever
  if (languageOf(setting, navigator.languages) !== before && recall('language') === setting) window.location.reload()
}
