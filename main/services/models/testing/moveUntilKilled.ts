import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createEngine } from '../../../engine/index.ts'
import { openStore } from '../../../lib/database/index.ts'
import { goldenModel } from '../../../testing/engineGoldens.ts'
import { createSettings } from '../../settings/index.ts'
import { createLibrary } from '../library.ts'
import type { Library } from '../library.ts'
import { createModelList } from '../modelList.ts'

/** Headers are read in this process. */
const noProcess = () => {
  throw new Error('No process is needed to read headers.')
}

/** A library on real files and settings in `folder`; links count as impossible, as between two disks. */
export function libraryIn(folder: string): { library: Library; close: () => void } {
  const store = openStore(join(folder, 'data'))
  const settings = createSettings(store.db)
  const engine = createEngine({ spawn: noProcess, cachePath: folder })
  const inspect = engine.inspect.bind(engine)
  const choice = { get: () => null, set: () => {} }
  const models = createModelList({
    db: store.db,
    resources: join(import.meta.dirname, '../../../../resources'),
    choice,
    inspect,
  })
  const library = createLibrary({
    models,
    folder: {
      get: () => settings.current.modelsFolder ?? join(folder, 'models'),
      set: (modelsFolder) => void settings.update({ modelsFolder }),
    },
    onChange: () => () => {},
    inspect,
    inspectFile: (path, signal) => engine.inspectFile(path, signal),
    planOneFile: (path, name) => engine.planOneFile(path, name),
    surroundings: { home: folder, env: {}, platform: 'linux' },
    linkFile: () => Promise.reject(Object.assign(new Error('cross-device link'), { code: 'EXDEV', syscall: 'link' })),
  })
  return { library, close: store.close }
}

/**
 * Copies a model into the library of `folder` and moves the models folder from place to place until the process is killed;
 * a line for each step.
 */
export async function moveUntilKilled(folder: string): Promise<void> {
  const { library } = libraryIn(folder)
  const { signal } = new AbortController()
  const tell = (what: string) => process.stdout.write(`${what}\n`)
  const isNew = (await library.list()).length === 1
  if (isNew) await library.import({ ...goldenModel('qwen2vl'), mode: 'copy' }, { signal, onProgress: () => {} })
  for (;;) {
    // another place each time: one that was left in the middle of the work may still hold files
    await library.moveFolder(join(folder, randomUUID()), { signal, onProgress: (done) => tell(`${done} bytes`) })
    tell('moved')
  }
}
