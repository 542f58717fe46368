import { rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'
import { AppError, ExportFormat } from '#contract'
import type { ImportReport, LeftOut } from '#contract'
import { userFolders } from '../browserShell.ts'
import { filesOfFolder, openExchange } from '../headless.ts'
import type { OpenExchange, PickedFile } from '../headless.ts'
import { forkWorker } from '../nodePorts.ts'
import { oneOf, runCommand, UsageError } from './usage.ts'

const EXPORT_USAGE = `sightline export [options]

Writes conversations to one file: all of them, or those that --id names. Close the window first.

  --format F   json: everything, with pictures and videos, to be imported again (default)
               markdown: what is shown of each, with its media beside it
               html: the same as a page that needs nothing else
  --id ID      only this conversation; may be given several times
  --out FILE   where to (default: a name of its own in this folder); a file that is there is not replaced
  --data DIR   where conversations and pictures are kept (default: the user's application data)

Exit codes: 0 written, 2 bad usage, 3 there is nothing to export, 4 it could not be written.
`

const IMPORT_USAGE = `sightline import [options] FILE...

Takes over conversations from exports of Sightline, Open WebUI, ChatGPT, LM Studio, Jan, Cherry Studio and llama.cpp's
web UI: zips, JSON files and folders. What is there already is not imported again. Close the window first.

  --data DIR   where conversations and pictures are kept (default: the user's application data)

LM Studio keeps its conversations in ~/.lmstudio/conversations, Jan in the folder threads of its data folder.
Exit codes: 0 imported, or all of it was there; 2 bad usage, 3 bad input, 4 it could not be stored.
`

/** `sightline export`. Returns the exit code. */
export function exportCommand(argv: string[]): Promise<number> {
  return runCommand(EXPORT_USAGE, async () => {
    const { values, positionals } = parse(argv, {
      ...{ format: { type: 'string' }, out: { type: 'string' }, data: { type: 'string' }, help: { type: 'boolean' } },
      id: { type: 'string', multiple: true },
    })
    if (values['help']) return told(EXPORT_USAGE)
    if (positionals.length > 0) throw new UsageError(`export takes no files, as ${positionals[0]}: name one with --out`)
    const format = oneOf('format', values['format'] as string | undefined, ExportFormat.options) ?? 'json'
    const ids = (values['id'] as string[] | undefined) ?? null
    const out = values['out'] as string | undefined
    if (out !== undefined) await refuseExisting(resolve(out))
    return withExchange(values['data'], async (exchange) => {
      const temporary =
        out === undefined ? resolve(`.sightline-export-${process.pid}`) : `${resolve(out)}.${process.pid}.part`
      try {
        const { name, conversations, leftOut } = await exchange.exportTo(temporary, { ids, format })
        const target = out === undefined ? await freeName(name) : resolve(out)
        await rename(temporary, target)
        tellLeftOut(leftOut)
        process.stdout.write(
          `${conversations === 1 ? '1 conversation' : `${conversations} conversations`} in ${target}\n`,
        )
      } finally {
        await rm(temporary, { force: true })
      }
      return 0
    })
  })
}

/** `sightline import`. Returns the exit code. */
export function importCommand(argv: string[]): Promise<number> {
  return runCommand(IMPORT_USAGE, async () => {
    const { values, positionals } = parse(argv, { data: { type: 'string' }, help: { type: 'boolean' } })
    if (values['help']) return told(IMPORT_USAGE)
    if (positionals.length === 0) throw new UsageError('import wants a file or a folder')
    const picks = await picksOf(positionals)
    return withExchange(values['data'], async (exchange) => {
      for (const { files, isFolder } of picks) {
        for await (const event of exchange.importFiles(files, isFolder))
          if (event.type === 'done') tellReport(event.report)
      }
      return 0
    })
  })
}

/** Each folder is imported by itself; the files together, as what one names may be another. */
async function picksOf(paths: readonly string[]): Promise<{ files: PickedFile[]; isFolder: boolean }[]> {
  const files: PickedFile[] = []
  const folders: { files: PickedFile[]; isFolder: boolean }[] = []
  for (const path of paths.map((path) => resolve(path))) {
    const facts = await stat(path).catch(() => null)
    if (!facts) throw new AppError('MediaNotFound', `${path} is not there. Check its path.`)
    if (facts.isDirectory()) folders.push({ files: await filesOfFolder(path), isFolder: true })
    else files.push({ name: `${basename(dirname(path))}/${basename(path)}`, path })
  }
  return [...(files.length > 0 ? [{ files, isFolder: false }] : []), ...folders]
}

function tellReport({
  programs,
  count,
  alreadyHere,
  grown,
  messages,
  pictures,
  imported,
  leftOut,
}: ImportReport): void {
  for (const { title } of imported) process.stdout.write(`${title.replace(/\s+/gu, ' ')}\n`)
  const of = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`
  const parts = [
    `${of(count, 'conversation')} of ${programs.join(', ')}`,
    `${of(messages, 'message')}, ${of(pictures, 'picture or video', 'pictures and videos')}`,
    ...(grown > 0 ? [`${of(grown, 'conversation')} grew`] : []),
    ...(alreadyHere > 0
      ? [`${of(alreadyHere, 'conversation')} were here already`.replace(/^1 conversation were/, '1 conversation was')]
      : []),
  ]
  process.stderr.write(`Imported: ${parts.join('; ')}.\n`)
  tellLeftOut(leftOut)
}

function tellLeftOut(leftOut: readonly LeftOut[]): void {
  for (const { why, count, examples } of leftOut) {
    const named = examples.length > 0 ? ` (${examples.join(', ')}${count > examples.length ? ', …' : ''})` : ''
    process.stderr.write(`Left out: ${count} × ${why}${named}\n`)
  }
}

function told(usage: string): number {
  process.stdout.write(usage)
  return 0
}

async function withExchange(data: unknown, work: (exchange: OpenExchange) => Promise<number>): Promise<number> {
  if (data === '') throw new UsageError('--data wants a folder')
  const folders = userFolders(typeof data === 'string' ? data : undefined)
  const exchange = openExchange({ spawnWorker: forkWorker, data: folders.data })
  try {
    return await work(exchange)
  } finally {
    await exchange.close()
  }
}

async function refuseExisting(path: string): Promise<void> {
  if (await stat(path).catch(() => null))
    throw new AppError('InvalidInput', `${path} is there already. Choose another name.`)
}

/** A name in this folder that is free. */
async function freeName(name: string): Promise<string> {
  const dot = name.lastIndexOf('.')
  for (let n = 1; ; n++) {
    const path = join(process.cwd(), n === 1 ? name : `${name.slice(0, dot)} (${n})${name.slice(dot)}`)
    if (!(await stat(path).catch(() => null))) return path
  }
}

function parse(argv: string[], options: NonNullable<ParseArgsConfig['options']>) {
  try {
    return parseArgs({ args: argv, options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
