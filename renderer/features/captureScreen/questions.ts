/** A question that is asked with one click: its words on the button, and those that are sent. */
export interface ReadyQuestion {
  readonly label: string
  readonly question: string
}

const languageName = (language: string): string => {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(language.split('-')[0] ?? 'en') ?? 'English'
  } catch {
    return 'English'
  }
}

/** What is asked most about a part of the screen. `language`: the user's own, as a BCP 47 tag. */
export const readyQuestions = (language: string): readonly ReadyQuestion[] => [
  { label: 'Read the text', question: 'Read the text in this picture. Answer with the text only.' },
  { label: 'Explain this', question: 'Explain what this picture shows.' },
  { label: 'Translate', question: `Translate the text in this picture into ${languageName(language)}.` },
]
