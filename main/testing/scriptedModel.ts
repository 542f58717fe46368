import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ModelFiles } from '../engine/index.ts'
import { demoModel } from './engineRequests.ts'
import { list, readGguf, string, tensorOf, u32, withEntries, writeGguf } from './ggufEdit.ts'
import type { EditedTensor } from './ggufEdit.ts'

/** Ends an answer. */
export const END = '<|im_end|>'

/** What a scripted model says. */
export interface Script {
  /**
   * Each is said token by token, once its first has been read or said; a token has one successor, whatever came before.
   * After a line end, as templates end with one, or after two, is where an answer can begin.
   */
  readonly says: readonly (readonly string[])[]
  readonly template: string
  /** Its tokens that are written by name, as converters write `<think>`; unset: none. */
  readonly special?: readonly string[]
  /** Tokens of its trained context; 4096 unless told. */
  readonly context?: number
  /**
   * What it says to a question in whose words `when` stands, the first that does: such an answer has words of its own too. The
   * template has to be `CHOOSING`.
   */
  readonly answers?: readonly { readonly when: string; readonly says: readonly string[] }[]
  /** Layers; 1 unless told. Each adds its time to every token, and nothing else. */
  readonly layers?: number
}

/** A template after which a script's `answers` are chosen; others begin after a line end. */
export const CHOOSING = `{%- set chosen = namespace(words='') -%}{%- for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}{% if message.content is string %}{{ message.content }}{% set chosen.words = message.content %}{% else %}{% for part in message.content %}{% if part.type == 'image' %}{{ '<|vision_start|><|image_pad|><|vision_end|>' }}{% else %}{{ part.text }}{% set chosen.words = part.text %}{% endif %}{% endfor %}{% endif %}{{ '<|im_end|>\\n' }}{% endfor -%}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{{ chosen_answer }}{% endif -%}`

/** The token after which a script's answer begins. */
const mark = (index: number): string => `<|answer ${index}|>`

/** `CHOOSING` for the answers of a script. */
function choosing(template: string, answers: NonNullable<Script['answers']>): string {
  const cases = answers.map(
    ({ when }, i) => `{% ${i === 0 ? 'if' : 'elif'} ${JSON.stringify(when)} in chosen.words %}{{ '${mark(i)}' }}`,
  )
  return template.replace('{{ chosen_answer }}', cases.length > 0 ? `${cases.join('')}{% endif %}` : '')
}

/** A template that has the model think or not, as those of Qwen3.5 end. */
export const SWITCHED = `{%- for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}{% if part.type == 'image' %}{{ '<|vision_start|><|image_pad|><|vision_end|>' }}{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}{{ '<|im_end|>\\n' }}{% endfor -%}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\\n\\n</think>\\n\\n' }}{% else %}{{ '<think>\\n' }}{% endif %}{% endif -%}`
/** The same with no switch: the model always thinks first. */
export const ALWAYS = SWITCHED.replace(/\{% if enable_thinking.*?\{% else %\}(.*?)\{% endif %\}/, '$1')
/** The same with a switch that leaves it to the model to open its thought, as those of Qwen3 end. */
export const OPENED_BY_MODEL = SWITCHED.replace("{% else %}{{ '<think>\\n' }}{% endif %}", '{% endif %}')

/** Words of the demo model's vocabulary that others take the place of, from this id on. */
const FIRST_WORD = 1000
/** A token of the demo model that stands for nothing becomes two line ends. */
const LINE_ENDS = '<|extra_1617|>'

/**
 * Writes a model into `folder` that says what a script has it say, whatever it is asked and shown: the demo model, of which
 * nothing reaches the output but the last token's embedding, which points at the next token.
 */
export function scriptedModel(folder: string, name: string, script: Script): ModelFiles {
  const { context = 4096, answers = [], layers = 1 } = script
  const template = choosing(script.template, answers)
  const says = [...script.says, ...answers.map((answer, i) => [mark(i), ...answer.says])]
  const special = [...(script.special ?? []), ...answers.map((_, i) => mark(i))]
  const file = readGguf(readFileSync(demoModel.textPath))
  const entry = (key: string) => file.metadata.get(`tokenizer.ggml.${key}`)!.value
  const tokens = [...(entry('tokens') as readonly string[])]
  const kinds = [...(entry('token_type') as readonly number[])]
  const merges = [...(entry('merges') as readonly string[])]
  const lineEnds = tokens.indexOf(LINE_ENDS)
  tokens[lineEnds] = spelled('\n\n')
  kinds[lineEnds] = NORMAL
  merges.unshift(`${spelled('\n')} ${spelled('\n')}`)
  const ids = new Map<string, number>([
    ['\n', tokens.indexOf(spelled('\n'))],
    ['\n\n', lineEnds],
    [END, tokens.indexOf(END)],
  ])
  for (const text of [...special, ...says.flat()]) {
    if (ids.has(text)) continue
    const written = special.includes(text) ? text : spelled(text)
    const known = tokens.indexOf(written)
    const id = known >= 0 ? known : FIRST_WORD + ids.size
    ids.set(text, id)
    tokens[id] = written
    kinds[id] = special.includes(text) ? USER_DEFINED : NORMAL
  }
  const tied = file.tensors.find((tensor) => tensor.name === 'token_embd.weight')!
  const width = tied.dims[0]!
  const embedding = Float32Array.from(new Float16Array(new Uint8Array(tied.bytes).buffer))
  const output = new Float32Array(embedding.length)
  const next = new Map(says.flatMap((words) => words.slice(1).map((word, i) => [words[i]!, word] as const)))
  for (const [word, follows] of next) {
    const direction = directionOf(ids.get(word)!, width)
    embedding.set(direction, ids.get(word)! * width)
    direction.forEach((value, i) => (output[ids.get(follows)! * width + i]! += value))
  }
  const plain: EditedTensor[] = file.tensors.flatMap((tensor) => {
    if (tensor === tied) return tensorOf(tied.name, tied.dims, embedding, 'F16')
    if (tensor.name === 'output_norm.weight') return tensorOf(tensor.name, tensor.dims, new Float32Array(width).fill(1))
    if (tensor.name.startsWith('blk.') && !tensor.name.startsWith('blk.0.')) return []
    const isOutput = /attn_output|ffn_down/.test(tensor.name)
    const plainTensor = isOutput ? { ...tensor, bytes: Buffer.alloc(tensor.bytes.length) } : tensor
    if (!tensor.name.startsWith('blk.')) return plainTensor
    return Array.from({ length: layers }, (_, i) => ({
      ...plainTensor,
      name: tensor.name.replace('blk.0.', `blk.${i}.`),
    }))
  })
  const changed = withEntries(file, {
    'general.name': string(name),
    'qwen2vl.block_count': u32(layers),
    'qwen2vl.context_length': u32(context),
    'tokenizer.ggml.tokens': list('string', tokens),
    'tokenizer.ggml.token_type': list('i32', kinds),
    'tokenizer.ggml.merges': list('string', merges),
    'tokenizer.chat_template': string(template),
  })
  const textPath = join(folder, `${name.replaceAll(' ', '-')}.gguf`)
  writeFileSync(
    textPath,
    writeGguf({ ...changed, tensors: [...plain, tensorOf('output.weight', tied.dims, output, 'F16')] }),
  )
  return { textPath, projectorPath: demoModel.projectorPath }
}

/** Kinds of a token, as `llama_token_type` numbers them. */
const NORMAL = 1
const USER_DEFINED = 4

/** A text as a vocabulary of bytes spells it, in the Latin-1 of the file. */
const spelled = (text: string): string =>
  Buffer.from(text.replaceAll(' ', 'Ġ').replaceAll('\n', 'Ċ')).toString('latin1')

/** Numbers of -1 and 1 that are the token's alone, so that those of different tokens are nearly at right angles. */
function directionOf(id: number, width: number): Float32Array {
  let state = (id * 2654435761) >>> 0
  return Float32Array.from({ length: width }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state & 0x80000000 ? 1 : -1
  })
}
