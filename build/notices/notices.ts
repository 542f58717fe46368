import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { init } from 'license-checker-rseidelsohn'
import type { ModuleInfos } from 'license-checker-rseidelsohn'
import { root } from '../paths.ts'

/** A package of package-lock.json that ends up at a user, on some system. */
export interface ShippedPackage {
  readonly name: string
  readonly version: string
  /** As an SPDX expression; "unknown" where the package names none. */
  readonly license: string
}

interface LockEntry {
  readonly version: string
  readonly license?: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly dependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
}

type Lock = Readonly<Record<string, LockEntry>>

/** Licences that may be shipped with an MIT app without asking: their texts have to be passed on, and that is done. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
])
/** What may be under the LGPL: used unmodified as files that a user can replace. build/notices/native.txt says how. */
const REPLACEABLE = /^(@img\/sharp-|libheif-js$)/

/**
 * Everything that is shipped: what the core needs at run time, and what is built into the window, each with all that it
 * needs, of every system. Sorted by name and version, each once.
 */
export function shippedPackages(lock: Lock = readLock(), windowImports = importsOfWindow()): ShippedPackage[] {
  const paths = new Set<string>()
  const add = (path: string | undefined): void => {
    if (path === undefined || paths.has(path)) return
    paths.add(path)
    const { dependencies, optionalDependencies } = lock[path]!
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) add(resolveIn(lock, path, name))
  }
  for (const [path, { dev, devOptional }] of Object.entries(lock)) if (path && !dev && !devOptional) add(path)
  for (const name of windowImports) add(resolveIn(lock, '', name))
  const found = [...paths].map((path) => {
    const { version, license = 'unknown' } = lock[path]!
    return { name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length), version, license }
  })
  const each = new Map(found.map((one) => [`${one.name}@${one.version}`, one]))
  return [...each.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}

/** Why a package must not be shipped, as a sentence each; empty when all may. */
export function forbidden(packages: readonly ShippedPackage[]): string[] {
  return packages.flatMap(({ name, version, license }) => {
    const isAllowed = (id: string): boolean =>
      ALLOWED.has(id) || (/^LGPL-3\.0(-or-later)?$/.test(id) && REPLACEABLE.test(name))
    const choices = license.replace(/[()]/g, '').split(' OR ')
    const isFine = choices.some((choice) => choice.split(' AND ').every((id) => isAllowed(id.trim())))
    return isFine ? [] : [`${name}@${version} is under "${license}", which may not be shipped unasked.`]
  })
}

/** Where Node finds `name` for a module of the package at `path`, as npm laid it out. */
function resolveIn(lock: Lock, path: string, name: string): string | undefined {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const nested = `${at}/node_modules/${name}`
    if (lock[nested]) return nested
  }
  return lock[`node_modules/${name}`] && `node_modules/${name}`
}

function readLock(): Lock {
  return (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock }).packages
}

/** The packages that the window's code, styles and shared core code import; tests are not built in. */
export function importsOfWindow(): string[] {
  const files = globSync(['renderer/**/*.{ts,tsx,css}', 'main/contract/*.ts'], { cwd: root })
  const names = files
    .filter((file) => !/\.test\.tsx?$|[\\/]testing[\\/]/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return [...text.matchAll(/(?:from|import|import\(|@import)\s*['"]([^'"]+)['"]/g)].map((match) => match[1]!)
    })
    .filter((name) => !/^[.#]|^node:/.test(name))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    )
  return [...new Set(names)].sort()
}

/** The file that holds the licences of everything that is shipped; it lies beside the app in each installer. */
export const noticesFile = join(root, 'THIRD-PARTY-NOTICES.txt')

/** Packages for one system each: their licence's text is that of the package they belong to, which is on every system. */
const VARIANTS: readonly [RegExp, string][] = [
  [/^@img\/sharp-libvips-/, 'libheif-js'],
  [/^@img\/sharp-/, 'sharp'],
  [/^@node-llama-cpp\//, 'node-llama-cpp'],
  [/^@koromix\/koffi-/, 'koffi'],
]
/** Texts beside a package's own: of what it carries inside. */
const INSIDE: Readonly<Record<string, string>> = { '@embedpdf/pdfium': 'LICENSE.pdfium' }
const RULE = '='.repeat(80)

/** The whole text of the notices, the same on every system. Rejects when a package has no text and no licence that is known. */
export async function notices(packages: readonly ShippedPackage[] = shippedPackages()): Promise<string> {
  const infos = await installed()
  const textOf = ({ name, version }: ShippedPackage): string => {
    const owner = VARIANTS.find(([pattern]) => pattern.test(name))?.[1]
    const key = owner ? Object.keys(infos).find((id) => id.startsWith(`${owner}@`)) : `${name}@${version}`
    const { licenseFile, licenseText } = (key ? infos[key] : undefined) ?? {}
    const isText = licenseFile !== undefined && !/readme/i.test(licenseFile)
    const inside = INSIDE[name]
    const texts = [
      ...(isText && licenseText ? [String(licenseText)] : []),
      ...(inside ? [readFileSync(join(root, 'node_modules', name, inside), 'utf8')] : []),
    ]
    return texts.map((text) => text.replace(/\r\n/g, '\n').trim()).join('\n\n')
  }
  const groups = Map.groupBy(packages, textOf)
  const withoutText = groups.get('') ?? []
  groups.delete('')
  const names = (list: readonly ShippedPackage[]) =>
    list.map(({ name, version, license }) => `${name} ${version} (${license})`).join('\n')
  const sections = [...groups].map(([text, list]) => `${names(list)}\n\n${text}`)
  return [
    'Sightline is under the MIT licence (LICENSE). It is made with the software below, whose licences are kept here.',
    readFileSync(join(root, 'build/notices/native.txt'), 'utf8').trim(),
    ...sections,
    `These packages come without a text of their licence and are under the one that is named:\n\n${names(withoutText)}`,
    `GNU General Public License, which the LGPL above builds on\n\n${readFileSync(join(root, 'build/notices/GPL-3.0.txt'), 'utf8').trim()}`,
  ].join(`\n\n${RULE}\n\n`)
}

/** What is installed, with the text of each licence, as the checker finds it. */
function installed(): Promise<ModuleInfos> {
  return new Promise((resolve, reject) => {
    init({ start: root, customFormat: { licenseText: '' } }, (error, infos) => (error ? reject(error) : resolve(infos)))
  })
}

if (import.meta.main) {
  const packages = shippedPackages()
  const problems = forbidden(packages)
  for (const problem of problems) console.error(problem)
  writeFileSync(noticesFile, `${await notices(packages)}\n`)
  console.log(`${packages.length} packages in THIRD-PARTY-NOTICES.txt`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
