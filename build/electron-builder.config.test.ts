import { globSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { FileMatcher } from 'app-builder-lib/out/fileMatcher.js'
import { expect, test } from 'vitest'
import { targets } from './build.ts'
import { configuration, unpackedPackages } from './electron-builder.config.ts'
import { root } from './paths.ts'

const installed = (pattern: string) => globSync(`node_modules/${pattern}`, { cwd: root })

/** The package that holds a file: `@scope` for scoped ones, since the pattern takes all packages of the scope. */
const packageOf = (file: string) => file.split(/[\\/]/)[1] ?? ''

test('every shipped package with native libraries is unpacked', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>
  }
  const shipped = Object.entries(packages).filter(
    ([path, { dev, devOptional }]) => path.startsWith('node_modules/') && !dev && !devOptional,
  )
  const native = shipped.filter(([path]) => globSync(`${path}/**/*.{node,so,so.*,dll,dylib}`, { cwd: root }).length > 0)
  const names = new Set(native.map(([path]) => packageOf(path)))
  expect([...names].sort()).toEqual(expect.arrayContaining(['@img', '@koromix', '@node-llama-cpp', 'better-sqlite3']))
  for (const name of names) expect(configuration.asarUnpack).toContain(`node_modules/${name}/**`)
})

test('unpacked packages exist', () => {
  for (const name of unpackedPackages) expect(installed(name), name).toHaveLength(1)
})

test('everything that is built is included', () => {
  for (const { output } of targets) expect(configuration.files).toContain(`dist/${output.split('/')[0]}/**`)
  expect(targets.map(({ output }) => output)).toEqual(
    expect.arrayContaining([
      'electron/main.js',
      'electron/preload.cjs',
      'workers/engine.js',
      'workers/media.js',
      'renderer/index.html',
    ]),
  )
})

test('the entry that package.json names is the built desktop shell', () => {
  const { main } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { main: string }
  expect(targets.map(({ output }) => `dist/${output}`)).toContain(main)
})

test('switches that would run other code in the app are off', () => {
  expect(configuration.electronFuses).toMatchObject({
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableCookieEncryption: true,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
  })
  expect(configuration.asar).toBe(true)
})

test('there are installers for three systems', () => {
  const names = (targets: unknown) => (targets as { target: string }[]).map(({ target }) => target)
  expect(names(configuration.win?.target)).toEqual(['nsis', 'zip'])
  expect(names(configuration.mac?.target)).toEqual(['dmg', 'zip'])
  expect(names(configuration.linux?.target)).toEqual(['AppImage', 'tar.gz'])
})

test.each([
  ['linux', 'x64', 'linux/x64/libonnxruntime.so.1'],
  ['win', 'arm64', 'win32/arm64/onnxruntime.dll'],
  ['mac', 'arm64', 'darwin/arm64/libonnxruntime.1.dylib'],
] as const)('of ONNX Runtime an installer for %s %s has the one library', (system, arch, library) => {
  const patterns = [configuration.files, configuration[system]?.files].flat() as string[]
  const filter = new FileMatcher(root, 'out', (text) => text.replaceAll('${arch}', arch), patterns).createFilter()
  const files = globSync('node_modules/onnxruntime-*/**', { cwd: root }).map((path) => join(root, path))
  const shipped = files.filter((path) => statSync(path).isFile() && filter(path, statSync(path)))
  const folder = join(root, 'node_modules/onnxruntime-node')
  expect(shipped.map((path) => relative(folder, path).replaceAll('\\', '/')).sort()).toEqual([
    `bin/napi-v6/${library}`,
    'package.json',
  ])
})
