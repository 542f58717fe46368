import { readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { ffmpegVersion } from '../../lib/video/index.ts'

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
