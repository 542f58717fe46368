import { z } from 'zod'

/** The families that the engine runs. */
export const ModelFamily = z.enum(['qwen2vl', 'qwen25vl', 'qwen3vl', 'qwen35'])
export type ModelFamily = z.infer<typeof ModelFamily>

/**
 * One of several projectors of which only one is right for a model whose header does not tell its family. `label` names the
 * projector's family for people, e.g. "Qwen2.5-VL".
 */
export const ProjectorChoice = z.object({ projectorPath: z.string(), family: ModelFamily, label: z.string() })
export type ProjectorChoice = z.infer<typeof ProjectorChoice>

/** What one GGUF file is, as far as its header tells, in words for people. Sizes in bytes. */
export const ModelFileSheet = z.object({
  path: z.string(),
  /** By its header, else its file's name. */
  name: z.string(),
  /** `combined`: language model and projector in one file. `piece`: of a file that was cut up for its download. */
  role: z.enum(['text', 'projector', 'adapter', 'combined', 'piece', 'other']),
  /** E.g. "Qwen2.5-VL", "LLaVA"; null when nothing tells it. */
  family: z.string().nullable(),
  /** What in the file tells the family: "its name", "its vocabulary"; null when nothing does. */
  familyFrom: z.string().nullable(),
  /** The tool that made the file and when it did so, as far as that shows; null when it does not. */
  converter: z.string().nullable(),
  quantization: z.string().nullable(),
  bytes: z.int(),
  /** Files that it consists of. */
  parts: z.int(),
  /** Width of the vectors that a language model takes, or that a projector gives. */
  width: z.int().nullable(),
  /** Tokens a language model was trained for. */
  trainedContext: z.int().nullable(),
  /** What goes with it, e.g. "a Qwen2.5-VL projector (mmproj) of width 3,584"; null when nothing does. */
  pairsWith: z.string().nullable(),
  /** Whether this app runs it, and why it does not. */
  runs: z.boolean(),
  problem: z.string().nullable(),
})
export type ModelFileSheet = z.infer<typeof ModelFileSheet>

/** Whether a language model and a projector belong together. `unsure`: the headers do not tell. `why`: in a sentence. */
export const PairVerdict = z.object({
  textPath: z.string(),
  projectorPath: z.string(),
  verdict: z.enum(['fits', 'unsure', 'mismatch']),
  why: z.string().nullable(),
})
export type PairVerdict = z.infer<typeof PairVerdict>

/** Sheets of files in the order in which they were given, and each language model among them with each projector. */
export const ModelCheck = z.object({ files: z.array(ModelFileSheet), pairs: z.array(PairVerdict) })
export type ModelCheck = z.infer<typeof ModelCheck>

const roleWords: Readonly<Record<ModelFileSheet['role'], string>> = {
  text: 'language model',
  projector: 'projector (mmproj)',
  adapter: 'LoRA adapter',
  combined: 'language model and projector in one file',
  piece: 'piece of a file',
  other: 'unknown',
}
const verdictWords: Readonly<Record<PairVerdict['verdict'], string>> = {
  fits: 'belong together',
  unsure: 'may belong together',
  mismatch: 'do not fit',
}
const UNTOLD = 'not told by its header'

/** A sheet as lines of a label and a value, in the words of command line and window. */
export function sheetLines(sheet: ModelFileSheet): [label: string, value: string][] {
  const {
    name,
    role,
    family,
    familyFrom,
    converter,
    quantization,
    bytes,
    parts,
    width,
    trainedContext,
    pairsWith,
    runs,
    problem,
  } = sheet
  const number = (value: number) => value.toLocaleString('en')
  const lines: [string, string | null][] = [
    ['name', name],
    ['role', roleWords[role]],
    ['family', family === null ? UNTOLD : familyFrom === null ? family : `${family}, by ${familyFrom}`],
    ['converter', converter ?? UNTOLD],
    ['quantization', quantization],
    ['size', `${number(bytes)} bytes${parts > 1 ? ` in ${parts} files` : ''}`],
    ['width', width === null ? null : number(width)],
    ['context', trainedContext === null ? null : `${number(trainedContext)} tokens`],
    ['goes with', pairsWith],
    ['runs', runs ? 'yes' : `no: ${problem ?? 'it is not a model'}`],
  ]
  return lines.filter((line): line is [string, string] => line[1] !== null)
}

/** Whether two files belong together, in sentences. */
export function verdictSentence({ textPath, projectorPath, verdict, why }: PairVerdict): string {
  const name = (path: string) => path.split(/[/\\]/).at(-1) ?? path
  return `${name(textPath)} and ${name(projectorPath)} ${verdictWords[verdict]}.${why === null ? '' : ` ${why}`}`
}
