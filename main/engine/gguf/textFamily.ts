import { basename } from 'node:path'
import { familiesOf, familyById } from '../../lib/families/families.ts'
import type { Family } from '../../lib/families/family.ts'
import { Fields } from './header.ts'
import type { GgufHeader } from './header.ts'
import { count, printable } from './problems.ts'
import { omniTokens, qwen25Tokens } from './vocabulary.ts'

/** Id of a language model's family, and what told it, to complete "known by ..."; both null when nothing does. */
export interface TextFamily {
  readonly family: string | null
  readonly from: string | null
}

const MAX_NAME = 80
const MAX_BASES = 16
/** A vocabulary of fewer tokens is not that of a published model, so what it lacks tells nothing. */
const FULL_VOCABULARY = 150_000

/** A sign of a family. */
interface Sign {
  readonly family: Family
  readonly from: string
}

/**
 * The family of a language model. Several share an architecture, and most fine-tunes do not name theirs; the first of these
 * that speaks for exactly one family tells it: the names in the header (its own, and of what it was made from), its tags, the
 * special tokens of its vocabulary, at last the tokens it was trained for together with its file's name.
 */
export function textFamily(header: GgufHeader): TextFamily {
  const architecture = new Fields(header).text('general.architecture')
  const possible = architecture === null ? [] : familiesOf(architecture)
  if (possible.length < 2) return { family: possible[0]?.id ?? null, from: possible[0] ? 'its architecture' : null }
  for (const signs of [names(header, possible), tags(header, possible), tokens(header), rest(header, possible)]) {
    const ids = new Set(signs.map(({ family }) => family.id))
    if (ids.size === 1) return { family: signs[0]!.family.id, from: signs[0]!.from }
  }
  return { family: null, from: null }
}

function names(header: GgufHeader, possible: readonly Family[]): Sign[] {
  const fields = new Fields(header)
  const bases = Array.from({ length: MAX_BASES }, (_, i) => `general.base_model.${i}`)
  const keys = [
    ...[
      'general.basename',
      'general.name',
      'general.finetune',
      'general.source.url',
      'general.source.repo_url',
      'general.repo_url',
    ],
    ...bases.flatMap((base) => [`${base}.name`, `${base}.repo_url`]),
  ]
  return keys.flatMap((key) => {
    const text = fields.text(key)
    const what = key.includes('base_model') ? 'the model it was made from' : 'its name'
    return text === null ? [] : signsIn(text, what, possible)
  })
}

function tags(header: GgufHeader, possible: readonly Family[]): Sign[] {
  return new Fields(header).texts('general.tags').flatMap((tag) => signsIn(tag, 'its tag', possible))
}

function signsIn(text: string, what: string, possible: readonly Family[]): Sign[] {
  return possible
    .filter(({ named }) => named?.test(text))
    .map((family) => ({ family, from: `${what} "${printable(text, MAX_NAME)}"` }))
}

function tokens({ vocabulary }: GgufHeader): Sign[] {
  const has = (names: readonly string[]) => names.some((name) => vocabulary.found.has(name))
  if (has(omniTokens)) return sign('qwen25omni', 'its vocabulary, which has tokens for sound')
  if (vocabulary.size < FULL_VOCABULARY) return []
  if (has(qwen25Tokens)) return sign('qwen25vl', 'its vocabulary, which has the tokens that came with Qwen2.5')
  return sign('qwen2vl', 'its vocabulary, which lacks the tokens that came with Qwen2.5')
}

function rest(header: GgufHeader, possible: readonly Family[]): Sign[] {
  const fields = new Fields(header)
  const length = header.metadata.get(`${fields.text('general.architecture')}.context_length`)
  const trained = length?.kind === 'scalar' ? Number(length.value) : null
  const byLength = possible.filter(({ trainedContext }) => trainedContext === trained)
  const context = byLength.map((family) => ({ family, from: `the ${count(trained!)} tokens it was trained for` }))
  return [...context, ...signsIn(basename(header.path), "its file's name", possible)]
}

function sign(id: string, from: string): Sign[] {
  const family = familyById(id)
  return family ? [{ family, from }] : []
}
