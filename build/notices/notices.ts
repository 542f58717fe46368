import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { init } from 'license-checker-rseidelsohn'
import type { ModuleInfos } from 'license-checker-rseidelsohn'
import { root } from '../paths.ts'
import { forbidden, shippedPackages } from './shippedPackages.ts'
import type { ShippedPackage } from './shippedPackages.ts'

/** The file that holds the licences of everything that is shipped; it lies beside the app in each installer. */
export const noticesFile = join(root, 'THIRD-PARTY-NOTICES.txt')

/** Packages for one system each: their licence's text is that of the package they belong to, which is on every system. */
const VARIANTS: readonly [RegExp, string][] = [
  [/^@img\/sharp-libvips-/, 'libheif-js'],
  [/^@img\/sharp-/, 'sharp'],
  [/^@node-llama-cpp\//, 'node-llama-cpp'],
  [/^@koromix\/koffi-/, 'koffi'],
]
const RULE = '='.repeat(80)

/** The whole text of the notices, the same on every system. Rejects when a package has no text and no licence that is known. */
export async function notices(packages: readonly ShippedPackage[] = shippedPackages()): Promise<string> {
  const infos = await installed()
  const textOf = ({ name, version }: ShippedPackage): string => {
    const owner = VARIANTS.find(([pattern]) => pattern.test(name))?.[1]
    const key = owner ? Object.keys(infos).find((id) => id.startsWith(`${owner}@`)) : `${name}@${version}`
    const { licenseFile, licenseText } = (key ? infos[key] : undefined) ?? {}
    const isText = licenseFile !== undefined && !/readme/i.test(licenseFile)
    return isText && licenseText ? String(licenseText).replace(/\r\n/g, '\n').trim() : ''
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
