import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { goldenModel } from '../../../testing/engineGoldens.ts'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { DiskCache } from '../../cache/diskCache.ts'
import { inspectModel } from '../../gguf/inspectModel.ts'
import { Aborted } from '../aborted.ts'
import { LanguageContext } from '../language/context.ts'
import { LanguageModel, Loras } from '../language/languageModel.ts'
import { NativeContext } from '../language/nativeContext.ts'
import { createRuntime } from '../native/runtime.ts'
import type { Runtime } from '../native/runtime.ts'
import { Planner } from '../planner.ts'
import type { Unit } from '../prompt/positions.ts'
import { SessionContext } from '../sessionContext.ts'
import { logitsReader } from '../testing/logits.ts'
import { KvState } from './kvState.ts'
import type { StateReport } from './kvState.ts'
import { KvStateStore } from './kvStateStore.ts'

const CONTEXT_TOKENS = 2048
const VOCABULARY = 1024
const never = new AbortController().signal
const folder = tempFolder()
const native = createRuntime()
const logitsAt = logitsReader(VOCABULARY)
/** Bytes of each copy of a part of the KV cache, and what is called after one is made. */
let copies: number[] = []
/** What every state of a test has told, of `entered` the reason with how many tokens are there. */
let told: unknown[] = []
let afterCopy: () => void = () => {}
const runtime = Object.create(native, {
  llama: {
    value: {
      ...native.llama,
      stateGet: async (...args: Parameters<Runtime['llama']['stateGet']>) => {
        copies.push(args[1].length)
        const bytes = await native.llama.stateGet(...args)
        afterCopy()
        return bytes
      },
    },
  },
}) as Runtime

let model: LanguageModel
let context: NativeContext
/** What is in the context. */
let sequence: LanguageContext
let states: string
let made = 0
beforeAll(async () => {
  const files = goldenModel('qwen2vl')
  const { text } = await inspectModel(files)
  runtime.fitThreads(text.bytes)
  model = await LanguageModel.load(runtime, files.textPath, text, () => {}, never)
})
afterAll(async () => {
  await model[Symbol.asyncDispose]()
  folder.remove()
})
beforeEach(async () => {
  context = await NativeContext.create(runtime, model, CONTEXT_TOKENS, {})
  sequence = new LanguageContext(context)
  states = join(folder.path, String(made++))
  copies = []
  told = []
  afterCopy = () => {}
})
afterEach(() => context.free())

const report: StateReport = {
  unsaved: (why) => told.push(why),
  entered: ({ tokens, wanted, why }) => told.push([why, tokens, wanted]),
}
function openOn(disk: DiskCache, model = 'model'): KvState {
  const state = new KvState(new KvStateStore(disk, model))
  state.report = report
  return state
}
const open = (bytes = 1 << 30) => openOn(new DiskCache(states, bytes, 'series'))
const tokens = (count: number, from = 0): Unit[] =>
  Array.from({ length: count }, (_, i) => ({ token: 300 + (((from + i) * 7) % 600) }))
const append = (to: LanguageContext, units: readonly Unit[]) =>
  to.append(
    units,
    () => Promise.reject(new Error('there are no media')),
    () => {},
    never,
  )
const files = () => readdirSync(states).sort()
const inodes = () => Object.fromEntries(files().map((name) => [name, statSync(join(states, name)).ino]))
const bytesOnDisk = () => files().reduce((sum, name) => sum + readFileSync(join(states, name)).length, 0)

/** Enters a conversation and computes its units. Returns how many of them were there. */
async function ask(state: KvState, units: readonly Unit[], name = 'a'): Promise<number> {
  await state.enter(name, units, sequence, never)
  const kept = sequence.rewind(units)
  await append(sequence, units.slice(kept))
  return kept
}

/** Empties the context and enters a conversation as another process does. Returns how many of its units come from disk. */
async function restored(units: readonly Unit[], name = 'a'): Promise<number> {
  sequence.truncate(0)
  await open().enter(name, units, sequence, never)
  return sequence.length
}

describe('saving', () => {
  test('writes what is new only, and all of it is there again, number for number', async () => {
    const state = open()
    const units = tokens(700)
    await ask(state, units)
    await state.save(sequence)
    await state.written()
    const first = inodes()
    const bytes = bytesOnDisk()
    await append(sequence, tokens(100, 700))
    copies = []
    await state.save(sequence)
    await state.written()
    expect(inodes()).toMatchObject(first)
    expect(bytesOnDisk() - bytes).toBeLessThan(bytes / 4)
    expect(copies.reduce((sum, copy) => sum + copy, 0)).toBeLessThan(bytes / 4)
    copies = []
    await state.save(sequence)
    expect(copies).toEqual([])

    await append(sequence, [{ token: 5 }])
    const expected = logitsAt(context.handle, -1)
    expect(await restored(tokens(800))).toBe(800)
    await append(sequence, [{ token: 5 }])
    expect(logitsAt(context.handle, -1)).toEqual(expected)
  })

  test('takes no memory for a copy of all of it', async () => {
    const state = open()
    await ask(state, tokens(1500))
    await state.save(sequence)
    const all = native.llama.stateSize(context.handle, 0)
    expect(Math.max(...copies)).toBeLessThan(all / 4)
  })

  test('ends after the piece at hand when a question comes; what was saved is of use, and the next save goes on', async () => {
    const state = open()
    await ask(state, tokens(1500))
    const question = new AbortController()
    afterCopy = () => question.abort(new Aborted())
    await state.save(sequence, question.signal)
    expect(copies).toHaveLength(1)
    afterCopy = () => {}
    await state.written()
    const first = inodes()
    expect(Object.keys(first)).toHaveLength(1)
    await state.save(sequence)
    await state.written()
    expect(inodes()).toMatchObject(first)
    expect(await restored(tokens(1500))).toBe(1500)
  })

  test('after a change of what was said writes from there on', async () => {
    const state = open()
    await ask(state, tokens(1000))
    await state.save(sequence)
    const changed = [...tokens(600), ...tokens(500, 5000)]
    await ask(state, changed)
    copies = []
    await state.save(sequence)
    await state.written()
    expect(copies.length).toBeLessThan(4)
    expect(await restored(changed)).toBe(1100)
  })

  test('begins the next time with the piece that could not be written, whatever was copied meanwhile', async () => {
    const disk = new DiskCache(states, 1 << 30, 'series')
    const set = disk.set.bind(disk)
    let writes = 0
    disk.set = (...args) => (++writes === 1 ? Promise.resolve('failed') : set(...args))
    const state = openOn(disk)
    await ask(state, tokens(1000))
    await state.save(sequence)
    await state.save(sequence)
    await state.written()
    expect(told).toEqual([['nothing saved', 0, 1000], 'disk failed'])
    expect(await restored(tokens(1000))).toBe(1000)
  })

  test('that has no memory for a copy leaves the state as it is', async () => {
    const state = open()
    await ask(state, tokens(600))
    afterCopy = () => {
      throw new RangeError('Array buffer allocation failed')
    }
    await state.save(sequence)
    expect(told).toEqual([['nothing saved', 0, 600], 'no memory'])
    expect(sequence.length).toBe(600)
    await append(sequence, [{ token: 5 }])
  })
})

describe('a state that is larger than all states may be', () => {
  /** The size of a whole piece on disk. */
  async function pieceBytes(): Promise<number> {
    const elsewhere = open()
    await ask(elsewhere, tokens(300))
    await elsewhere.save(sequence)
    await elsewhere.written()
    const sizes = files().map((name) => statSync(join(states, name)).size)
    await new DiskCache(states, 1 << 30).deleteGroups(['a'])
    sequence.truncate(0)
    return Math.max(...sizes)
  }

  test('keeps its beginning, is said once, and is not written again and again', async () => {
    const state = open(2.5 * (await pieceBytes()))
    told = []
    const units = tokens(1500)
    await ask(state, units)
    await state.save(sequence)
    await state.written()
    expect(files()).toHaveLength(2)
    const first = inodes()
    for (let more = 0; more < 3; more++) {
      await append(sequence, tokens(100, 2000 + 100 * more))
      copies = []
      await state.save(sequence)
      await state.written()
      expect(copies, 'nothing is copied that has no room').toEqual([])
    }
    expect(inodes()).toEqual(first)
    expect(told.filter((why) => why === 'full')).toHaveLength(1)
    expect(await restored(units)).toBe(512)
  })

  test('is saved again where it has become shorter', async () => {
    const state = open(2.5 * (await pieceBytes()))
    await ask(state, tokens(1500))
    await state.save(sequence)
    await state.written()
    const shorter = [...tokens(300), ...tokens(150, 5000)]
    await ask(state, shorter)
    await state.save(sequence)
    await state.written()
    expect(await restored(shorter)).toBe(450)
  })
})

describe('what is not there is told with its reason', () => {
  beforeEach(async () => {
    const state = open()
    await ask(state, tokens(600))
    await state.save(sequence)
    await state.written()
    sequence.truncate(0)
    told = []
  })
  const enter = (state: KvState, units: readonly Unit[], name = 'a') => state.enter(name, units, sequence, never)

  test('of a conversation that goes on, nothing is missing', async () => {
    await enter(open(), tokens(700))
    expect(told).toEqual([[null, 600, 700]])
  })

  test('of a conversation that is new', async () => {
    await enter(open(), tokens(700), 'b')
    expect(told).toEqual([['nothing saved', 0, 700]])
  })

  test('of one that another model has saved, or this one with other options', async () => {
    await enter(openOn(new DiskCache(states, 1 << 30, 'series'), 'another'), tokens(700))
    const adapted = open()
    adapted.switchVariant('adapted')
    await enter(adapted, tokens(700))
    expect(told).toEqual([
      ['saved otherwise', 0, 700],
      ['saved otherwise', 0, 700],
    ])
  })

  test('of one that goes on with other words', async () => {
    await enter(open(), [...tokens(300), ...tokens(400, 9000)])
    expect(told).toEqual([['other words', 300, 700]])
  })

  test('of one whose beginning is damaged', async () => {
    const first = join(states, files().find((name) => name.endsWith('-0.bin'))!)
    writeFileSync(first, readFileSync(first).fill(0, 100, 200))
    await enter(open(), tokens(700))
    expect(told).toEqual([['parts missing', 0, 700]])
  })

  test('of one for which the context has no room', async () => {
    const small = await NativeContext.create(runtime, model, 256, {})
    try {
      await open().enter('a', tokens(700), new LanguageContext(small), never)
    } finally {
      await small.free()
    }
    expect(told).toEqual([['no room', 256, 700]])
  })

  test('of what is given up because memory has run out', async () => {
    const state = open()
    await ask(state, tokens(700))
    state.discard()
    expect(told).toEqual([[null, 600, 700], 'no memory'])
  })
})

describe('Stop ends the wait', () => {
  /** A disk on which nothing comes to an end. */
  class StuckDisk extends DiskCache {
    isStuck = false
    override get(...args: Parameters<DiskCache['get']>): ReturnType<DiskCache['get']> {
      return this.isStuck ? new Promise(() => {}) : super.get(...args)
    }
    override set(...args: Parameters<DiskCache['set']>): ReturnType<DiskCache['set']> {
      return this.isStuck ? new Promise(() => {}) : super.set(...args)
    }
  }
  let disk: StuckDisk
  let state: KvState
  let stop: AbortController
  beforeEach(async () => {
    disk = new StuckDisk(states, 1 << 30, 'series')
    state = openOn(disk)
    stop = new AbortController()
    await ask(state, tokens(600))
    await state.save(sequence)
    await state.written()
  })

  test('for what is saved of the conversation before', async () => {
    disk.isStuck = true
    await append(sequence, tokens(100, 600))
    // once it is copied, nothing but its write is waited for
    afterCopy = () => void setImmediate(() => stop.abort(new Aborted()))
    await expect(state.enter('b', tokens(300, 9000), sequence, stop.signal)).rejects.toThrow(Aborted)
  })

  test('for what is read; what the context holds is not saved as of this conversation, which is read the next time', async () => {
    await ask(state, tokens(600, 9000), 'b')
    await state.save(sequence)
    await state.written()
    disk.isStuck = true
    const entered = state.enter('a', tokens(600), sequence, stop.signal)
    setImmediate(() => stop.abort(new Aborted()))
    await expect(entered).rejects.toThrow(Aborted)
    disk.isStuck = false
    copies = []
    await state.save(sequence)
    expect(copies).toEqual([])
    expect(await ask(state, tokens(600))).toBe(599)
  })

  test('for another context: the one that is there stays, with what is in it', async () => {
    const planner = await Planner.create(runtime, goldenModel('qwen2vl'), { contextTokens: CONTEXT_TOKENS })
    const contexts = new SessionContext(runtime, planner, model, new Loras(runtime, model), state)
    const current = await contexts.reserve({ contextTokens: CONTEXT_TOKENS }, never)
    await state.enter('c', tokens(1500), current, never)
    await append(current, tokens(1500))
    copies = []
    afterCopy = () => stop.abort(new Aborted())
    await expect(contexts.reserve({ contextTokens: 2 * CONTEXT_TOKENS }, stop.signal)).rejects.toThrow(Aborted)
    expect(copies).toHaveLength(1)
    expect(contexts.current).toBe(current)
    expect(current.length).toBe(1500)
    await contexts.drop()
  })
})

describe('another conversation', () => {
  test('keeps what both have in common, and the first comes back', async () => {
    const state = open()
    const other = [...tokens(300), ...tokens(400, 9000)]
    await ask(state, tokens(600))
    expect(await ask(state, other, 'b')).toBe(300)
    await state.save(sequence)
    expect(await ask(state, tokens(600))).toBe(599)
    await state.written()
    expect(await restored(tokens(600))).toBe(600)
    expect(await restored(other, 'b')).toBe(700)
  })

  test('that was removed while it is saved is not written any more', async () => {
    const state = open()
    await ask(state, tokens(1500))
    let forgotten: Promise<void> | null = null
    afterCopy = () => {
      forgotten ??= state.forget('a')
    }
    await state.save(sequence)
    await forgotten
    expect(copies).toHaveLength(1)
  })

  test('that was removed is kept no more, though a question of it comes after that', async () => {
    const state = open()
    await ask(state, tokens(600))
    await state.forget('a')
    await ask(state, tokens(700))
    await ask(state, tokens(300, 9000), 'b')
    await state.save(sequence)
    await state.written()
    const left = new DiskCache(states, 1 << 30)
    await left.deleteGroups(['b'])
    expect(files()).toEqual([])
  })
})
