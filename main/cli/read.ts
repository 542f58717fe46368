import { constants } from 'node:fs'
import { access, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { AppError, PIXELS_PER_TOKEN, Said, VisionSetting, documentParsers, readPages as pagesIn } from '#contract'
import type { Profile, ProfileJob, Seen } from '#contract'
import { asAsked, createHeadless, parseProfile, profileText, readPages, seenProfile, systemOf } from '../headless.ts'
import type { AnswerRequest, ChatMessage, Headless, ModelFiles, ModelSummary, Source } from '../headless.ts'
import { exportDocument, readDocument } from '../lib/documents/index.ts'
import type { DocumentFormat } from '../lib/documents/index.ts'
import { visionOf } from '../lib/families/families.ts'
import { openPicture } from '../lib/picture/index.ts'
import { headlessPorts } from '../nodePorts.ts'
import { DrawnPages, isDrawn } from './drawnPages.ts'
import { readText } from './request.ts'
import { UsageError, integer, oneOf, runCommand } from './usage.ts'

const USAGE = `sightline read [options] --model TEXT.gguf --mmproj PROJ.gguf FILE...

Reads pictures of pages, in order, into one document: tables, formulas and reading order as the model tells them. Of a
PDF and of a TIFF with several pages all are read.

  --model TEXT.gguf --mmproj PROJ.gguf   the model and its projector, made for pages: olmOCR, Nanonets-OCR, MinerU
  --profile ID|FILE    what the model expects and how its answers are read: one of those that --profiles lists, or
                       one of your own (JSON; default: the one that the model is recognised by)
  --job ID             what of its profile is asked (default: the first that reads pages)
  --format FORMAT      markdown, html, text or json; json has the boxes, where the model gives them (default: as the
                       file of --out ends: .md, .html, .txt or .json; else markdown)
  --out FILE           where the document goes (default: standard output)
  --max-tokens N       the longest answer for a page, in tokens (default: the profile's, else 4096)
  --context N          size of the context in tokens (default: as large as needed)
  --vision exact|balanced|fastest   how the processor looks at pages: in single precision, the same
                       numbers at every run; as fast as hardly changes what is seen (default); or in 8 bits
                       everywhere. A graphics card has its own way
  --min-pixels N  --max-pixels N   how large the model sees a page, or a region of one
  --pages LIST         which pages of a PDF are read, as in 1-3,7 (default: all)
  --password TEXT      opens the PDFs that are protected
  --profiles           lists the profiles that read pages

Progress goes to standard error. A page that cannot be read leaves the others; the document says so in its place.

Exit codes: 0 all pages, 2 bad usage, 3 bad input, 4 engine failure; with 3 and 4 the pages that were read are written.
`

const string = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const options = {
  model: string,
  mmproj: string,
  profile: string,
  job: string,
  format: string,
  out: string,
  'max-tokens': string,
  context: string,
  vision: string,
  'min-pixels': string,
  'max-pixels': string,
  pages: string,
  password: string,
  profiles: flag,
  help: flag,
} as const

const FORMATS: readonly DocumentFormat[] = ['markdown', 'html', 'text', 'json']
const DEFAULT_MAX_TOKENS = 4096
/** What a file is written as that ends so. */
const ENDINGS: Readonly<Record<string, DocumentFormat>> = {
  '.html': 'html',
  '.htm': 'html',
  '.txt': 'text',
  '.json': 'json',
}

const tell = (note: string) => void process.stderr.write(`${note}\n`)

/** `sightline read`: pictures of pages as one document. Returns the exit code. */
export function read(argv: string[]): Promise<number> {
  return runCommand(USAGE, async () => {
    const asked = parse(argv)
    const { values } = asked
    if (values.help) {
      process.stdout.write(USAGE)
      return 0
    }
    const headless = createHeadless(headlessPorts())
    const abort = new AbortController()
    const { password } = values
    const drawn = new DrawnPages({ paged: headless.paged, password, pixels: Infinity, tell })
    const stop = () => abort.abort()
    process.once('SIGINT', stop)
    try {
      if (!values.profiles) return await readFiles(headless, asked, drawn, abort.signal)
      for (const { id, name, about } of headless.profiles().filter(readsPages))
        process.stdout.write(`${id}\t${name}\t${about}\n`)
      return 0
    } finally {
      process.removeListener('SIGINT', stop)
      await Promise.all([headless.close(), drawn.close()])
    }
  })
}

type Asked = ReturnType<typeof parse>

/** What the options with numbers say; undefined: nothing. */
interface Numbers {
  readonly context?: number | undefined
  readonly maxTokens?: number | undefined
  readonly minPixels?: number | undefined
  readonly maxPixels?: number | undefined
}
const NO_NUMBERS: Numbers = {}

function parse(argv: string[]) {
  try {
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true, strict: true })
    if (values.help || values.profiles) return { values, files: [], numbers: NO_NUMBERS }
    if (positionals.length === 0) throw new UsageError('name the pictures of the pages')
    if (positionals.some((file) => file.trim() === '')) throw new UsageError('a picture has no name')
    if (!values.model?.trim()) throw new UsageError('--model is missing: reading pages needs a model made for it')
    const format = oneOf('format', values.format, FORMATS)
    const looks = oneOf('vision', values.vision, VisionSetting.options)
    const numbers: Numbers = {
      context: integer('context', values.context, 256),
      maxTokens: integer('max-tokens', values['max-tokens'], 1),
      minPixels: integer('min-pixels', values['min-pixels'], PIXELS_PER_TOKEN),
      maxPixels: integer('max-pixels', values['max-pixels'], PIXELS_PER_TOKEN),
    }
    return { values, files: positionals, numbers, format, looks }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError((error as Error).message)
  }
}

const pageJob = ({ jobs }: Profile): ProfileJob | null => jobs.find(({ pages }) => pages === 'each') ?? null
const readsPages = (profile: Profile): boolean => documentParsers.includes(profile.parser) && pageJob(profile) !== null

/** The profile that is asked for, else the one that the model is recognised by. @throws UsageError, AppError InvalidInput */
async function profileFor(headless: Headless, values: Asked['values'], summary: ModelSummary): Promise<Profile> {
  const wanted = values.profile
  if (wanted !== undefined && /\.json$/i.test(wanted)) return parseProfile(await readText(wanted, 'profile'), wanted)
  const known = headless.profiles().filter(readsPages)
  const list = `It is one of ${known.map(({ id }) => id).join(', ')}.`
  if (wanted !== undefined) {
    const profile = known.find(({ id }) => id === wanted)
    if (!profile) throw new UsageError(`--profile ${wanted}: there is no such profile that reads pages. ${list}`)
    return profile
  }
  const found = headless.recognised(values.model!, summary)
  if (found && readsPages(found.profile)) return found.profile
  const what = `${summary.name} is not known to read pages. Name its profile with --profile. ${list}`
  throw new AppError('InvalidInput', what)
}

async function readFiles(headless: Headless, asked: Asked, drawn: DrawnPages, signal: AbortSignal): Promise<number> {
  const { values, files, numbers, format, looks } = asked
  const { engine } = headless
  if (values.out !== undefined) await checkPlace(values.out)
  const model: ModelFiles = { textPath: values.model!, projectorPath: values.mmproj ?? null }
  const summary = await engine.inspect(model)
  const profile = await profileFor(headless, values, summary)
  const job = values.job === undefined ? pageJob(profile) : (profile.jobs.find(({ id }) => id === values.job) ?? null)
  const seenAs = seenProfile(profile, job)
  if (!job || !seenAs || !documentParsers.includes(seenAs.parser)) {
    const known = profile.jobs.filter(({ pages }) => pages === 'each').map(({ id }) => id)
    const has = known.length > 0 ? `It has: ${known.join(', ')}.` : 'It has none.'
    throw new UsageError(`--job ${values.job ?? ''}: ${profile.name} has no such job that reads pages. ${has}`)
  }
  const pages = (await Promise.all(files.map((file) => pagesOf(file, drawn, values.pages)))).flat()
  const limits = {
    ...limit('minPixels', numbers.minPixels),
    ...limit('maxPixels', numbers.maxPixels),
  }
  const vision = visionOf(summary.family ?? 'qwen2vl')
  const system = systemOf(profile, job)
  const request = (source: Source): AnswerRequest => {
    const content = asAsked([{ type: 'image', source, ...limits }], profile, job, 'maxPixels' in limits)
    const messages: ChatMessage[] = [{ role: 'user', content }]
    return {
      model,
      messages: system?.trim() ? [{ role: 'system', content: [profileText(system)] }, ...messages] : messages,
      budget: { minPixels: vision.minPixels, maxPixels: vision.maxPixels },
      contextTokens: numbers.context ?? null,
      context: { vision: looks },
      maxTokens: numbers.maxTokens ?? profile.maxTokens ?? DEFAULT_MAX_TOKENS,
      thinking: 'off',
      sampling: {
        ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null },
        ...Object.fromEntries(Object.entries(profile.sampling).filter(([, value]) => value !== undefined)),
      },
      ...(profile.stop.length > 0 && { stop: profile.stop }),
    }
  }
  const requests = pages.map(({ source }) => request(source))
  const passes = job.pages === 'each' ? profile.passes : null
  const reading = { text: '', media: [] as Seen['media'], told: -1, error: null as unknown }
  try {
    for await (const event of readPages({ requests, profile: seenAs, passes }, drawn.drawnFor(engine), { signal })) {
      if (event.type === 'text') reading.text += event.text
      else if (event.type === 'rewritten') reading.text = event.text
      else if (event.type === 'seen') reading.media = event.seen.media
      else if (event.type === 'progress') {
        const { phase, done } = event.progress
        if (phase !== 'reading' || done === reading.told) continue
        reading.told = done
        tell(`Reading page ${done + 1} of ${pages.length}: ${pages[done]?.name ?? ''}`)
      } else if (event.type === 'done') for (const note of event.result.notes ?? []) tell(note)
    }
  } catch (error) {
    reading.error = error
  }
  const document = readDocument(reading.text, seenAs.parser, reading.media)
  for (const { number, notes } of document) for (const note of notes) tell(`Page ${number}: ${note}`)
  // nothing that was read is not to take the place of what an earlier reading wrote
  if (reading.text.trim() !== '') {
    const title = basename(files[0]!)
    const form = format ?? ENDINGS[extname(values.out ?? '').toLowerCase()] ?? 'markdown'
    const written = exportDocument(document, form, { title })
    if (values.out === undefined) process.stdout.write(written)
    else await save(values.out, written)
  }
  if (reading.error) throw reading.error
  if (signal.aborted) {
    tell('Stopped. What was read until then is there.')
    return 4
  }
  return 0
}

const limit = <K extends string>(name: K, value: number | undefined): { [key in K]?: number } =>
  (value === undefined ? {} : { [name]: value }) as { [key in K]?: number }

interface NamedPage {
  readonly name: string
  readonly source: Source
}

/**
 * The pages of a file: of a PDF those of `list`, unset: all; of a TIFF all of them. A picture that cannot be opened is one page,
 * which says so when its turn comes. Throws for a PDF as `DrawnPages.count`, UsageError for pages that it does not have.
 */
async function pagesOf(file: string, drawn: DrawnPages, list: string | undefined): Promise<NamedPage[]> {
  const path = resolve(file)
  const name = basename(file)
  const named = (page: number): NamedPage => {
    const title = `${name}, page ${page}`
    return { name: title, source: { path, name: title, page } }
  }
  if (await isDrawn(path)) {
    const { pages, labels } = await drawn.count(path)
    const wanted = list === undefined ? Array.from({ length: pages }, (_, i) => i + 1) : pagesIn(list, pages, labels)
    if (wanted instanceof Said) throw new UsageError(`--pages ${list}: ${wanted}`)
    return wanted.map(named)
  }
  const one: NamedPage = { name, source: { path, name } }
  const picture = await openPicture({ path }).catch(() => null)
  if (!picture?.pages || picture.mime !== 'image/tiff') return [one]
  return Array.from({ length: picture.pages }, (_, i) => ({ ...named(i + 1), source: { path, name, page: i + 1 } }))
}

/** Many pages take long: a place that cannot be written to is told before. @throws AppError StorageFailed */
async function checkPlace(file: string): Promise<void> {
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isFolder) throw notWritten(file)
  await access(dirname(resolve(file)), constants.W_OK).catch((cause: unknown) => {
    throw notWritten(file, cause)
  })
}

async function save(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
    tell(`Written to ${file}`)
  } catch (cause) {
    throw notWritten(file, cause)
  }
}

function notWritten(file: string, cause?: unknown): AppError {
  const what = `The document cannot be written to ${file}. Choose another place with --out.`
  return new AppError('StorageFailed', what, { path: file }, { cause })
}
