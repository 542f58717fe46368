/** `{{a word}}`: letters, digits, blanks, `_` and `-` between two pairs of braces. */
const VARIABLE = /\{\{\s*([\p{L}\p{N}](?:[\p{L}\p{N} _-]{0,38}[\p{L}\p{N}])?)\s*\}\}/gu

/** The names of the variables in texts, in their order, each once. */
export const variablesIn = (...texts: readonly string[]): readonly string[] => [
  ...new Set(texts.flatMap((text) => [...text.matchAll(VARIABLE)].map(([, name = '']) => name))),
]

/** A text with its variables replaced; one without a value stays as it is written. Values are not looked through again. */
export const filledIn = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(VARIABLE, (written, name: string) => (Object.hasOwn(values, name) ? values[name]! : written))
