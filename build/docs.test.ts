import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './paths.ts'

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...globSync('docs/**/*.md', { cwd: root }),
]
const read = (page: string) => readFileSync(join(root, page), 'utf8')
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
const rooms = '(?:main|electron|renderer|build|e2e|docs|findings|resources)'

/** Paths of the project that a page names in backquotes: of a room, or a file of the top level. */
function pathsIn(text: string): string[] {
  const quoted = [...text.matchAll(/`([^`\s]+)`/g)].map((match) => match[1]!)
  return quoted.filter(
    (word) =>
      !/[<>*{}$]/.test(word) &&
      (new RegExp(`^${rooms}/`).test(word) || /^[\w.-]+\.(md|json|txt|cjs)$|^\.\w[\w.-]*$/.test(word)),
  )
}

test.each(['CONTRIBUTING.md', 'ARCHITECTURE.md', 'README.md', 'SECURITY.md'])(
  'every path that %s names exists',
  (page) => {
    const named = pathsIn(read(page))
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  },
)

test('paths are found where they are named', () => {
  expect(pathsIn('`main/app.ts`, `main/x/` and `package.json`, not `main/<verb>/`, `x.ts` or `npm test`')).toEqual([
    'main/app.ts',
    'main/x/',
    'package.json',
  ])
  expect(pathsIn(read('CONTRIBUTING.md')).length).toBeGreaterThan(30)
})

test.each(pages)('every link of %s to a file leads to one', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map((match) => match[1]!)
  const local = links.filter((link) => !/^[a-z]+:/.test(link))
  expect(local.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([])
})

test.each(['README.md', 'CONTRIBUTING.md'])('every script that %s runs exists', (page) => {
  const named = [...read(page).matchAll(/npm run (?:-s )?([\w:-]+)/g)].map((match) => match[1]!)
  expect(named.filter((name) => !(name in scripts))).toEqual([])
})

test('.nvmrc names the Node that runs the scripts', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } }
  expect(read('.nvmrc').trim()).toBe(devDependencies.node.split('.')[0])
})
