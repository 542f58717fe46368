import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { createTargetLocks } from './targetLocks.ts'

let folder: ReturnType<typeof tempFolder>
let target: string
beforeEach(() => {
  folder = tempFolder()
  target = join(folder.path, 'm.gguf')
})
afterEach(() => folder.remove())

const never = new AbortController().signal

/** A process of its own that holds the lock when this resolves. */
async function holder(): Promise<ChildProcess> {
  const module = JSON.stringify(pathToFileURL(join(import.meta.dirname, 'targetLocks.ts')).href)
  const code = `
    import { createTargetLocks } from ${module}
    await createTargetLocks().take(process.argv[1], new AbortController().signal)
    process.stdout.write('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, target], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout!, 'data')
  return child
}

test('a second job of this process waits until the first gives back', async () => {
  const locks = createTargetLocks()
  const unlock = await locks.take(target, never)
  expect(locks.tryTake(target)).toBeNull()
  const order: string[] = []
  const second = locks
    .take(target.toUpperCase().replace(folder.path.toUpperCase(), folder.path), never)
    .then((free) => {
      order.push('second')
      free()
    })
  order.push('first')
  unlock()
  await second
  expect(order).toEqual(['first', 'second'])
  expect(existsSync(`${target}.lock`)).toBe(false)
})

test('a job that waits can be ended', async () => {
  const locks = createTargetLocks()
  await locks.take(target, never)
  const ending = new AbortController()
  const second = locks.take(target, ending.signal)
  ending.abort(new Error('ended'))
  await expect(second).rejects.toThrow('ended')
})

test('another process that has the file is told, and a lock whose process was killed is none', async () => {
  const locks = createTargetLocks()
  const child = await holder()
  await expect(locks.take(target, never)).rejects.toMatchObject({
    code: 'Busy',
    message: expect.stringContaining('Another program is downloading this file') as string,
  })
  expect(locks.tryTake(target)).toBeNull()
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(existsSync(`${target}.lock`)).toBe(true)
  const unlock = await locks.take(target, never)
  unlock()
  expect(existsSync(`${target}.lock`)).toBe(false)
})

test('a folder that is not there is told', async () => {
  await expect(createTargetLocks().take(join(folder.path, 'none', 'm.gguf'), never)).rejects.toMatchObject({
    code: 'StorageFailed',
  })
})
