import { join } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import type { InlineConfig } from 'vite'
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

/** The window, for both shells. */
export const rendererConfig: InlineConfig = {
  configFile: false,
  root: join(root, 'renderer'),
  plugins: [react(), tailwindcss()],
  build: {
    outDir: windowStaging,
    emptyOutDir: true,
    target: 'chrome140',
    // A data: address would need a looser Content-Security-Policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2500,
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
      'resources/samples',
      'package-lock.json',
      'build/targets.ts',
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
