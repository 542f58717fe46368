import { readFile } from 'node:fs/promises'
import { AppError } from '#contract'
import type { AnswerRequest } from '../headless.ts'
import { readSchema } from '../lib/jsonSchema/index.ts'
import { UsageError } from './usage.ts'

type Format = NonNullable<AnswerRequest['format']>
type Lora = NonNullable<AnswerRequest['lora']>[number]

const MAX_BYTES = 1 << 20

/** The answer format that the options name; undefined: none. @throws UsageError for both, AppError InvalidInput. */
export async function readFormat(values: {
  readonly 'json-schema'?: string
  readonly grammar?: string
}): Promise<Format | undefined> {
  const { 'json-schema': schemaFile, grammar: grammarFile } = values
  if (schemaFile !== undefined && grammarFile !== undefined)
    throw new UsageError('either --json-schema or --grammar, not both')
  if (grammarFile !== undefined) return { grammar: await readText(grammarFile, 'grammar') }
  if (schemaFile === undefined) return undefined
  const text = await readText(schemaFile, 'JSON schema')
  readSchema(text, schemaFile)
  return { jsonSchema: text }
}

/** `FILE` or `FILE=SCALE`; without a scale the adapter applies fully. */
export function toLora(option: string): Lora {
  const [, path = option, scale = '1'] = /^(.+)=(-?\d*\.?\d+)$/.exec(option) ?? []
  return { path, scale: Number(scale) }
}

async function readText(file: string, what: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new AppError('InvalidInput', `The ${what} file ${file} could not be read. Check its path.`, undefined, {
      cause,
    })
  })
  if (bytes.length > MAX_BYTES)
    throw new AppError('InvalidInput', `The ${what} file ${file} is larger than 1 MB. Write a smaller one.`)
  return bytes.toString('utf8')
}
