import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { demoModel } from '../testing/engineRequests.ts'
import { startModelServer } from '../testing/modelServer.ts'
import type { ModelServer } from '../testing/modelServer.ts'
import { tempFolder } from '../testing/tempFolder.ts'
import { tinyResources } from '../testing/tinyCatalogue.ts'
import { firstMatching, until } from '../testing/until.ts'
import { code, ended, inFolder, one, open, textOf, textPart, two } from './testing/testApp.ts'

const repository = 'tests/Tiny-2B-GGUF'
const textFile = 'Tiny-2B-Q4_K_M.gguf'
const projectorFile = 'mmproj-Tiny-2B-f16.gguf'
const entry = { entryId: 'tiny', quantization: 'Q4_K_M' }

let server: ModelServer
let resources: ReturnType<typeof tempFolder>
beforeEach(async () => {
  resources = tempFolder()
  const folder = tinyResources(resources.path, [{ id: 'tiny', name: 'Tiny 2B', parameters: '2B', repository }])
  server = await startModelServer([
    {
      repository,
      files: { [textFile]: readFileSync(demoModel.textPath), [projectorFile]: readFileSync(demoModel.projectorPath!) },
    },
  ])
  open({}, { resources: folder })
  await one.settings.update({ sources: { order: ['mirror'], mirrorUrl: server.address } })
})
afterEach(async () => {
  await server.close()
  resources.remove()
})

/** The first download once `state` is reached. */
const reaches = (...states: string[]) =>
  firstMatching(two.downloads.watch(), ([job]) => job !== undefined && states.includes(job.state)).then(([job]) => job!)
async function move(to: string): Promise<void> {
  for await (const event of await one.library.moveFolder({ folder: to })) void event
}

test('the folder of models is not moved from under a download; once that is there, both go on', async () => {
  // half of the file arrives and the rest is held back
  server.script(repository, textFile, [{ kind: 'none' }, { kind: 'stall', afterBytes: 1_000_000 }])
  await two.downloads.start(entry)
  await firstMatching(two.downloads.watch(), ([job]) => (job?.doneBytes ?? 0) > 500_000)
  await expect(move(inFolder('moved'))).rejects.toEqual(code('Busy'))
  expect(existsSync(inFolder('moved'))).toBe(false)

  const [job] = await firstMatching(two.downloads.watch(), ([each]) => each !== undefined)
  await two.downloads.pause({ id: job!.id })
  await two.downloads.resume({ id: job!.id })
  const done = await reaches('done', 'failed')
  expect(done.error).toBeNull()
  await move(inFolder('moved'))
  expect(readdirSync(inFolder('moved'), { recursive: true }).map(String).join()).toContain(textFile)

  await one.models.choose({ id: done.modelId! })
  await one.settings.update({ maxTokens: 8 })
  const answer = await ended(await one.ask.send({ conversationId: null, parts: [textPart('Hello')] }))
  expect(answer).toMatchObject({ status: 'complete', error: null })
  expect(textOf(answer)).not.toBe('')
})

test('a download is removed by one window while the other resumes it: it is gone, with its part of a file', async () => {
  server.script(repository, textFile, [{ kind: 'none' }, { kind: 'stall', afterBytes: 1_000_000 }])
  await one.downloads.start(entry)
  const [job] = await firstMatching(one.downloads.watch(), ([each]) => (each?.doneBytes ?? 0) > 500_000)
  const { id } = job!
  await one.downloads.pause({ id })
  await Promise.allSettled([one.downloads.resume({ id }), two.downloads.remove({ id })])
  await firstMatching(two.downloads.watch(), (jobs) => jobs.length === 0)
  const files = () =>
    readdirSync(inFolder('data', 'models'), { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  await until(() => files().length === 0)
})
