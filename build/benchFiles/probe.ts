import { spawnSync } from 'node:child_process'

/** What opening the folder took. `readBytes`: by the process meanwhile; null where the system does not tell. */
export interface Probed {
  readonly ms: number
  readonly found: number
  readonly readBytes: number | null
}

/** Runs in a process of its own, in a checkout that may be an older one: only what both have is used. */
const source = `
  const [checkout, folder, data] = process.argv.slice(1)
  const from = (path) => import(\`\${checkout}/main/\${path}\`)
  const { createApp } = await from('app.ts')
  const { createMemoryClient } = await from('rpc/memoryClient.ts')
  const { testPorts } = await from('testing/testPorts.ts')
  const { readFileSync } = await import('node:fs')
  const read = () => {
    try {
      return Number(/rchar: (\\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1])
    } catch {
      return null
    }
  }
  const app = createApp(testPorts(data))
  const { client, close } = createMemoryClient(app.serve)
  const [before, start] = [read(), performance.now()]
  const found = await client.library.scan({ path: folder })
  const ms = performance.now() - start
  const readBytes = before === null ? null : read() - before
  console.log(JSON.stringify({ ms, found: found.length, readBytes }))
  close()
  await app.close()
`

/** Opens `folder` with the core of the checkout; `data` becomes its data folder. @throws Error when that fails. */
export function probe(checkout: string, folder: string, data: string): Probed {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', source, checkout, folder, data],
    {
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(`The core of ${checkout} did not open the folder:\n${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Probed
}
