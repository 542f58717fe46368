import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { configuration, unpackedPackages } from '../electron-builder.config.ts'
import { forbidden, importsOfWindow, notices, noticesFile, shippedPackages } from './notices.ts'

const packages = shippedPackages()
const named = (name: string) => packages.filter((one) => one.name === name)

test('what is shipped is what the core needs, what is built into the window, and variants for other systems', () => {
  for (const name of ['sharp', 'koffi', 'libheif-js', 'react-dom', 'streamdown', 'mediabunny', '@img/sharp-win32-x64'])
    expect(named(name), name).not.toEqual([])
  for (const name of ['electron-builder', 'vitest', 'typescript']) expect(named(name), name).toEqual([])
  expect(importsOfWindow()).toEqual(expect.arrayContaining(['@orpc/client', 'react', 'streamdown', 'tailwindcss']))
})

test('a package that another needs is found where npm put it', () => {
  const lock = {
    'node_modules/a': { version: '1.0.0', license: 'MIT', dev: true, dependencies: { b: '*', c: '*' } },
    'node_modules/a/node_modules/b': { version: '2.0.0', license: 'ISC', dev: true },
    'node_modules/b': { version: '1.0.0', license: 'MIT', dev: true },
    'node_modules/c': { version: '3.0.0', dev: true, dependencies: { b: '*' } },
  }
  expect(shippedPackages(lock, ['a']).map(({ name, version }) => `${name}@${version}`)).toEqual([
    'a@1.0.0',
    'b@1.0.0',
    'b@2.0.0',
    'c@3.0.0',
  ])
})

test('no licence came in that may not be shipped', () => {
  expect(forbidden(packages)).toEqual([])
})

test.each([
  ['unknown', 1],
  ['GPL-3.0-only', 1],
  ['LGPL-3.0-or-later', 1],
  ['MIT AND GPL-2.0', 1],
  ['UNLICENSED', 1],
  ['(GPL-2.0 OR MIT)', 0],
  ['Apache-2.0 AND MIT', 0],
])('of a package under %s it is said that it may not be shipped: %i', (license, count) => {
  expect(forbidden([{ name: 'x', version: '1.0.0', license }])).toHaveLength(count)
})

test('the notices are those of package-lock.json and of what is installed: `npm run notices` writes them anew', async () => {
  expect(readFileSync(noticesFile, 'utf8') === `${await notices()}\n`).toBe(true)
})

test('the notices name native parts and hold the LGPL and the GPL', () => {
  const text = readFileSync(noticesFile, 'utf8')
  for (const part of ['llama.cpp and ggml', 'libde265', 'libvips', 'SQLite', 'Chromium', 'koffi 3.'])
    expect(text).toContain(part)
  for (const licence of ['GNU LESSER GENERAL PUBLIC LICENSE', 'GNU GENERAL PUBLIC LICENSE', 'Mozilla Public License'])
    expect(text).toContain(licence)
})

test('licence and notices are in the installers', () => {
  expect(configuration.extraResources).toEqual(
    expect.arrayContaining([
      { from: 'LICENSE', to: 'LICENSE.txt' },
      { from: 'THIRD-PARTY-NOTICES.txt', to: 'THIRD-PARTY-NOTICES.txt' },
    ]),
  )
})

test('what is under the LGPL lies outside of the archive, where its user can replace it', () => {
  const lgpl = packages.filter(({ license }) => license.includes('LGPL'))
  expect(lgpl.map(({ name }) => name)).toEqual(expect.arrayContaining(['libheif-js', '@img/sharp-libvips-linux-x64']))
  for (const { name } of lgpl) expect(unpackedPackages).toContain(name.startsWith('@') ? name.split('/')[0] : name)
})
