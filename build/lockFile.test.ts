import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './paths.ts'

interface Locked {
  readonly optional?: boolean
  readonly engines?: { readonly node?: string }
}

/**
 * npm leaves out an optional package, without a word, whose `engines` do not fit the Node that it runs on, while it installs the
 * package that needs it with a warning. The project is installed on Node 20 and run on 24, so that the entries of such libraries
 * have no `engines` in the lock file.
 */
test('the libraries of the message macros are installed by the Node of the system too', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>
  }
  const libraries = Object.entries(packages).filter(([name]) => name.startsWith('node_modules/@lingui/native-tools-'))
  expect(libraries.length).toBeGreaterThan(1)
  for (const [name, { optional, engines }] of libraries)
    expect([name, optional, engines]).toEqual([name, true, undefined])
})
