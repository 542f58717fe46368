import { existsSync } from 'node:fs'
import { opendir, readFile, stat } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { AppError } from '#contract'
import type { Contract, DiagnosticsSection } from '#contract'
import type { Engine, EngineState, MemoryPlan } from '../../engine/index.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import { withoutHome } from '../../lib/log/log.ts'
import type { FileLog, LogLine } from '../../lib/log/log.ts'
import { formatLine, readErrors, readLog } from '../../lib/log/readLog.ts'
import { ffmpegVersion } from '../../lib/video/index.ts'
import type { Files, HostInfo, Paths } from '../../ports.ts'

type Rows = { name: string; value: string }[]

/** What runs the core: Electron with its Chromium, or Node alone, and the system. */
export function runtimeVersions(versions: NodeJS.ProcessVersions = process.versions): Rows {
  const { electron, chrome, node } = versions
  return [
    ...(electron ? [{ name: 'Electron', value: electron }] : []),
    ...(chrome ? [{ name: 'Chromium', value: chrome }] : []),
    { name: 'Node', value: node },
    { name: 'System', value: `${os.type()} ${os.release()}, ${process.arch}` },
  ]
}

/** Versions of the libraries that the app brings along, and of the ffmpeg of this computer. None is loaded for it. */
export async function libraryVersions(sqlite: string): Promise<Rows> {
  const [engine, bridge, sharp, libvips, ffmpeg] = await Promise.all([
    packageVersion('node-llama-cpp'),
    packageVersion('koffi'),
    packageVersion('sharp'),
    libvipsVersion(),
    ffmpegVersion().catch(() => null),
  ])
  return [
    { name: 'node-llama-cpp', value: engine },
    { name: 'koffi', value: bridge },
    { name: 'sharp', value: sharp },
    { name: 'libvips', value: libvips },
    { name: 'SQLite', value: sqlite },
    { name: 'ffmpeg', value: ffmpeg ?? 'not found' },
  ]
}

const UNKNOWN = 'unknown'

async function packageVersion(name: string): Promise<string> {
  try {
    const file = findPackageJSON(name, import.meta.url)
    return file ? (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version : UNKNOWN
  } catch {
    return UNKNOWN
  }
}

/** libvips comes in a package of its own, on Windows in the one of sharp's own library. */
async function libvipsVersion(): Promise<string> {
  for (const name of [`@img/sharp-libvips-${process.platform}-${process.arch}`, `@img/sharp-win32-${process.arch}`])
    try {
      const sharp = findPackageJSON('sharp', import.meta.url)
      const file = sharp && findPackageJSON(name, sharp)
      if (!file) continue
      return (JSON.parse(await readFile(join(dirname(file), 'versions.json'), 'utf8')) as { vips: string }).vips
    } catch {
      continue
    }
  return UNKNOWN
}

/** What a folder holds, in bytes; what cannot be read counts as nothing. */
export interface FolderSize {
  readonly files: number
  readonly bytes: number
  /** False where the time was over before all was counted: it is at least so much. */
  readonly isAll: boolean
}

/** The size of a file, or of what is counted within `ms` of everything in a folder; links are not followed. */
export async function sizeOf(path: string, ms: number): Promise<FolderSize> {
  const end = performance.now() + ms
  let [files, bytes, isAll] = [0, 0, true]
  const add = async (file: string): Promise<void> => {
    const found = await stat(file).catch(() => null)
    if (!found?.isFile()) return
    files++
    bytes += found.size
  }
  // one after the other: a folder of many thousand pictures must not keep the disk from everything else
  const addFolder = async (folder: string): Promise<void> => {
    for await (const entry of await opendir(folder)) {
      if (performance.now() >= end) {
        isAll = false
        return
      }
      const inner = join(folder, entry.name)
      if (entry.isDirectory()) await addFolder(inner).catch(() => {})
      else if (entry.isFile()) await add(inner)
    }
  }
  await addFolder(path).catch(() => add(path))
  return { files, bytes, isAll }
}

/** How long the engine's process may take to tell its devices; a driver may keep it for a minute, ms. */
const DEVICES_MS = 4000
const LOG_LINES = 300
const ERRORS = 20
/** How long the files of one place are counted, ms. */
const COUNT_MS = 500

type Row = DiagnosticsSection['rows'][number]

/** Facts about this installation for somebody who is to find a fault in it. */
export interface DiagnosticsReader {
  /** `showLogs` throws NotYetSupported where the shell has no file manager. */
  readonly procedures: HandlersOf<Contract>['diagnostics']
}

/**
 * Reads what is asked when it is asked; keeps nothing. `logs`: the folder that `log` and the other processes write to.
 * `countMs`: how long the files of one place are counted.
 */
export function createDiagnostics({
  host,
  paths,
  engine,
  log,
  logs,
  files,
  sqliteVersion,
  modelsFolder,
  countMs = COUNT_MS,
}: {
  host: HostInfo
  paths: Paths
  engine: Engine
  log: Pick<FileLog, 'problem'>
  logs: string
  files: Files | null
  sqliteVersion: () => string
  modelsFolder: () => string
  countMs?: number
}): DiagnosticsReader {
  const procedures: DiagnosticsReader['procedures'] = {
    async read() {
      await untilStarted(engine)
      const [libraries, data, lines, errors] = await Promise.all([
        libraryVersions(sqliteVersion()),
        dataRows(paths, modelsFolder(), countMs),
        readLog(logs, LOG_LINES),
        readErrors(logs, ERRORS),
      ])
      const { state } = engine
      const sections = [
        { title: 'App', rows: [{ name: host.name, value: host.version }, ...runtimeVersions()] },
        { title: 'Libraries', rows: [{ name: 'llama.cpp', value: state.release ?? 'not started' }, ...libraries] },
        { title: 'Computer', rows: computerRows(state) },
        { title: 'Model in memory', rows: modelRows(state) },
        { title: 'Data', rows: [...data, ...(log.problem ? [row('Log', `cannot be written (${log.problem})`)] : [])] },
      ]
      return {
        sections: sections.map(({ title, rows }) => ({
          title,
          rows: rows.map(({ name, value }) => ({ name, value: withoutHome(value) })),
        })),
        errors: errors.map(toText).reverse(),
        log: lines.map(toText),
        logFolder: withoutHome(logs),
      }
    },
    async showLogs() {
      if (!files)
        throw new AppError('NotYetSupported', `Folders cannot be shown from this window. The log is in ${logs}.`)
      const file = join(logs, 'core.log')
      await files.reveal(existsSync(file) ? file : logs)
    },
  }
  return { procedures }
}

/** Devices and libraries are known once the engine's process runs; one that does not answer is not waited for. */
async function untilStarted(engine: Engine): Promise<void> {
  if (engine.state.release !== undefined) return
  const waited = new AbortController()
  const timeout = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, DEVICES_MS)
    waited.signal.addEventListener('abort', () => clearTimeout(timer))
  })
  const started = engine.machine().then(
    () => {},
    () => {},
  )
  await Promise.race([started, timeout])
  waited.abort()
}

const toText = (line: LogLine): string => withoutHome(formatLine(line))
const row = (name: string, value: string): Row => ({ name, value })
const size = (bytes: number): string =>
  bytes >= 1e9
    ? `${(bytes / 1e9).toFixed(1)} GB`
    : bytes >= 1e6
      ? `${Math.round(bytes / 1e6)} MB`
      : `${Math.round(bytes / 1e3)} kB`

function computerRows({ devices = [], residentBytes }: EngineState): Row[] {
  return [
    row('Processor', `${os.cpus()[0]?.model.trim() ?? 'unknown'}, ${os.availableParallelism()} threads`),
    row('Memory', `${size(os.totalmem())}, ${size(os.freemem())} free`),
    row('Memory of the core', size(process.memoryUsage.rss())),
    ...(residentBytes ? [row('Memory of the engine', size(residentBytes))] : []),
    ...devices
      .filter(({ kind }) => kind !== 'cpu')
      .map(({ name, description, totalBytes, freeBytes }) =>
        row(name, `${description}, ${size(totalBytes)}, ${size(freeBytes)} free`),
      ),
  ]
}

function modelRows({ state, error, backend, noGpuReason, contextTokens, vision, plan }: EngineState): Row[] {
  return [
    row('State', error ? `${state} (${error.code})` : state),
    ...(backend ? [row('Computes on', backend)] : []),
    ...(noGpuReason ? [row('No GPU because', noGpuReason)] : []),
    ...(vision ? [row('Looks at pictures with', [vision.how, vision.setting].filter(Boolean).join(', '))] : []),
    ...(contextTokens ? [row('Context', `${contextTokens} tokens`)] : []),
    ...(plan ? planRows(plan) : []),
  ]
}

function planRows({ gpuLayers, layers, visionDevice, picturePixels, parts, total }: MemoryPlan): Row[] {
  return [
    row('Layers on the GPU', `${gpuLayers} of ${layers}`),
    row('Pictures are encoded on', visionDevice ?? 'CPU'),
    row('Largest planned picture', `${picturePixels} pixels`),
    row('Planned memory', size(total)),
    ...parts.map(({ device, weights, projector, kv, picture, overhead, total: all, free }) =>
      row(
        `Planned on ${device}`,
        `${size(all)} of ${size(free)} free: weights ${size(weights)}, projector ${size(projector)}, KV cache ${size(kv)}, pictures ${size(picture)}, other ${size(overhead)}`,
      ),
    ),
  ]
}

async function dataRows({ data, cache }: Paths, modelsFolder: string, countMs: number): Promise<Row[]> {
  const places = [
    ['Conversations', join(data, 'sightline.db')],
    ['Pictures and videos', join(data, 'attachments')],
    ['Frames of videos', join(data, 'frames')],
    ['Models', modelsFolder],
    ['Computed again when needed', cache],
    ['Log', join(data, 'logs')],
  ] as const
  const rows = [row('Folder', data)]
  for (const [name, path] of places) {
    const { files, bytes, isAll } = await sizeOf(path, countMs)
    const held = files === 1 ? size(bytes) : `${size(bytes)} in ${files} files`
    rows.push(row(name, isAll ? (files === 0 ? 'empty' : held) : `at least ${held}`))
  }
  return rows
}
