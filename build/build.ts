import { globSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { lingui } from '@lingui/vite-plugin'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import ts from 'typescript'
import { build } from 'vite'
import type { InlineConfig, Plugin } from 'vite'
import { compiledEnglish } from './messages/english.ts'
import { dist, root } from './paths.ts'

/** One output of the build: what it is made of, the file that says how old it is, and how Vite makes it. */
export interface Target {
  readonly name: string
  /** Folders and files, relative to the project. */
  readonly sources: readonly string[]
  readonly output: string
  readonly config: InlineConfig
  /** Where the folder of `output` is built before it takes its place, so that a running app never finds half of it. */
  readonly staging?: string
}

const windowStaging = join(dist, 'renderer.next')

/** Of KaTeX's fonts the form that every Chromium reads: the others would only be in the way. */
const onlyWoff2: Plugin = {
  name: 'only-woff2',
  enforce: 'pre',
  transform: (code, id) =>
    /katex[\\/]dist[\\/]katex(\.min)?\.css/.test(id)
      ? code.replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)/g, '')
      : undefined,
}

/** Zod's schemas can describe themselves as JSON schemas; nothing in the window asks them to. */
const noJsonSchemas: Plugin = {
  name: 'no-json-schemas',
  enforce: 'pre',
  transform: (code, id) =>
    /zod[\\/]v4[\\/]core[\\/](to-json-schema|json-schema-processors)\.js$/.test(id)
      ? [...code.matchAll(/^export (?:const|function) (\w+)/gm)]
          .map(([, name]) => `export const ${name} = () => undefined`)
          .join('\n')
      : undefined,
}

/** Schemas of the contract are made by calls, of which no bundler knows that nobody misses them: here they say so. */
const onlyUsedSchemas: Plugin = {
  name: 'only-used-schemas',
  enforce: 'pre',
  transform(code, id) {
    if (!/main[\\/]contract[\\/]\w+\.ts$/.test(id)) return undefined
    const edits = ts
      .createSourceFile(id, code, ts.ScriptTarget.Latest, true)
      .statements.flatMap((statement) =>
        ts.isVariableStatement(statement)
          ? statement.declarationList.declarations.flatMap(({ initializer }) =>
              initializer && /\b(z|oc)\s*\./.test(initializer.getText()) ? [initializer] : [],
            )
          : [],
      )
    return edits.reduceRight(
      (text, { pos, end }) =>
        `${text.slice(0, pos)} /* @__PURE__ */ (() => (${text.slice(pos, end)}))()${text.slice(end)}`,
      code,
    )
  },
}

/** Writes what is text of the window compressed beside it (`.br`), for the shell that sends it over a wire. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  writeBundle({ dir = '' }) {
    for (const file of globSync('**/*.{js,css,html,svg}', { cwd: dir })) {
      const path = join(dir, file)
      writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path)))
    }
  },
}

/** The window, for both shells. */
export const rendererConfig: InlineConfig = {
  configFile: false,
  root: join(root, 'renderer'),
  plugins: [
    lingui({ macroTransform: { macro: { descriptorFields: 'message' } } }),
    compiledEnglish,
    react(),
    tailwindcss(),
    onlyWoff2,
    noJsonSchemas,
    onlyUsedSchemas,
    compressed,
  ],
  build: {
    outDir: windowStaging,
    emptyOutDir: true,
    target: 'chrome140',
    // A data: address would need a looser Content-Security-Policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2500,
    // what a later part needs is asked for by that part: lists of it would be a tenth of the first view's script
    modulePreload: {
      polyfill: false,
      resolveDependencies: (_, needed, { hostType }) =>
        hostType === 'html' ? needed : needed.filter((file) => file.endsWith('.css')),
    },
  },
  logLevel: 'warn',
}

/** A script for Node or Electron in one file; packages stay outside of it. */
function nodeScript(entry: string, folder: string, file: string, format: 'es' | 'cjs'): InlineConfig {
  return {
    configFile: false,
    root,
    publicDir: false,
    build: {
      ssr: join(root, entry),
      outDir: join(dist, folder),
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      rolldownOptions: { external: ['electron'], output: { format, entryFileNames: file, codeSplitting: false } },
    },
    logLevel: 'warn',
  }
}

const core = ['main', 'package.json']

export const targets: readonly Target[] = [
  {
    name: 'window',
    sources: [
      'renderer',
      'main/contract',
      'main/lib/picture',
      'main/lib/documents',
      'resources/samples',
      'package-lock.json',
      'build/build.ts',
      'build/messages',
      'lingui.config.ts',
    ],
    output: 'renderer/index.html',
    config: rendererConfig,
    staging: windowStaging,
  },
  {
    name: 'desktop shell',
    sources: ['electron', ...core],
    output: 'electron/main.js',
    config: nodeScript('electron/main.ts', 'electron', 'main.js', 'es'),
  },
  {
    name: 'core',
    sources: ['electron/core', ...core],
    output: 'electron/core.js',
    config: nodeScript('electron/core/main.ts', 'electron', 'core.js', 'es'),
  },
  {
    name: 'preload script',
    sources: ['electron/preload.ts'],
    output: 'electron/preload.cjs',
    config: nodeScript('electron/preload.ts', 'electron', 'preload.cjs', 'cjs'),
  },
  {
    name: 'engine',
    sources: core,
    output: 'workers/engine.js',
    config: nodeScript('main/engine/worker/main.ts', 'workers', 'engine.js', 'es'),
  },
  {
    name: 'pictures',
    sources: core,
    output: 'workers/media.js',
    config: nodeScript('main/services/media/process/worker.ts', 'workers', 'media.js', 'es'),
  },
]

const isTest = (path: string) => /\.test\.tsx?$|(^|[\\/])testing[\\/]/.test(path)

/** True when `output` is there and no file of `sources` (files or folders under `root`, tests aside) is younger. */
export function isUpToDate(root: string, sources: readonly string[], output: string): boolean {
  const built = modified(output)
  return built !== null && sources.every((source) => newest(join(root, source)) <= built)
}

function newest(path: string): number {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return modified(path) ?? 0
  const files = globSync('**/*', { cwd: path }).filter((file) => !isTest(file))
  return Math.max(0, ...files.map((file) => modified(join(path, file)) ?? 0))
}

/** When a file was last written, in ms; null for what is no file. */
function modified(path: string): number | null {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() ? stats.mtimeMs : null
}

/** Builds what is older than its sources, or everything with `force`. */
export async function buildAll({
  force = false,
  only = () => true,
}: {
  force?: boolean
  only?: (target: Target) => boolean
} = {}): Promise<void> {
  for (const target of targets.filter(only)) {
    if (!force && isUpToDate(root, target.sources, join(dist, target.output))) continue
    const started = performance.now()
    await build(target.config)
    if (target.staging) {
      const place = join(dist, dirname(target.output))
      rmSync(place, { recursive: true, force: true })
      renameSync(target.staging, place)
    }
    console.log(`Built the ${target.name} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
}

if (import.meta.main) await buildAll({ force: process.argv.includes('--force') })
