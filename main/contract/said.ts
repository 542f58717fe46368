import { z } from 'zod'

/** A sentence with values in it, as it is stored and sent: its English template (`Needs {0}; {1} are free.`) and what stands in it. */
export const SaidText = z.object({
  message: z.string(),
  values: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type SaidText = z.infer<typeof SaidText>

/** A sentence of the core: English for logs, the command line and storage, and what a window says it by in its own language. */
export class Said {
  readonly english: string
  /** null: nothing stands in it, so that the English sentence says all. */
  readonly text: SaidText | null

  constructor(english: string, text: SaidText | null) {
    this.english = english
    this.text = text
  }

  toString(): string {
    return this.english
  }
}

/**
 * Tags a sentence of the core that windows show, so that the catalogue has it.
 *
 * @example new AppError('OutOfMemory', say`Needs ${bytes(needed)} of memory; ${bytes(free)} are free.`)
 */
export function say(parts: TemplateStringsArray, ...values: readonly (string | number | Said)[]): Said {
  const shown = values.map((value) => (typeof value === 'number' ? value : String(value)))
  const english = parts.reduce((text, part, index) => `${text}${shown[index - 1]}${part}`)
  if (values.length === 0) return new Said(english, null)
  const message = parts.reduce((text, part, index) => `${text}{${index - 1}}${part}`)
  return new Said(english, { message, values: Object.fromEntries(shown.map((value, index) => [String(index), value])) })
}
