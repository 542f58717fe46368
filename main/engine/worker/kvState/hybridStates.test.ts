import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { goldenModel } from '../../../testing/engineGoldens.ts'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { DiskCache } from '../../cache/diskCache.ts'
import { inspectModel } from '../../gguf/inspectModel.ts'
import { recurrentStateBytes } from '../../memory/checkpoints.ts'
import { LanguageContext } from '../language/context.ts'
import { LanguageModel } from '../language/languageModel.ts'
import { NativeContext } from '../language/nativeContext.ts'
import { createRuntime } from '../native/runtime.ts'
import type { Runtime } from '../native/runtime.ts'
import type { Unit } from '../prompt/positions.ts'
import { logitsReader } from '../testing/logits.ts'
import { STATE_SLOTS } from './hybridStates.ts'
import { KvState } from './kvState.ts'
import { KvStateStore } from './kvStateStore.ts'
import type { StatePiece } from './kvStateStore.ts'

const CONTEXT_TOKENS = 4096
const VOCABULARY = 1024
const never = new AbortController().signal
const folder = tempFolder()
const native = createRuntime()
const logitsAt = logitsReader(VOCABULARY)
/** Ranges that llama.cpp was asked to remove, as it was told them, in the sequence of the conversation. */
let removed: (readonly [from: number, done: boolean])[] = []
const runtime = Object.create(native, {
  llama: {
    value: {
      ...native.llama,
      memorySeqRemove: (...args: Parameters<Runtime['llama']['memorySeqRemove']>) => {
        const done = native.llama.memorySeqRemove(...args)
        if (args[1] === 0) removed.push([args[2], done])
        return done
      },
    },
  },
}) as Runtime

let model: LanguageModel
let context: NativeContext
let sequence: LanguageContext
let states: string
let made = 0
beforeAll(async () => {
  const files = goldenModel('qwen35')
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
  removed = []
})
afterEach(() => context.free())

const open = () => new KvState(new KvStateStore(new DiskCache(states, 1 << 30, 'series'), 'model'))
/** Turns of so many tokens each. */
const turns = (...lengths: number[]): Unit[] =>
  lengths.flatMap((length, turn) => [
    { token: model.tokenizer.turnStart },
    ...Array.from({ length: length - 1 }, (_, i) => ({ token: 300 + (((turn * 1000 + i) * 7) % 600) })),
  ])
const append = (units: readonly Unit[], to = sequence) =>
  to.append(
    units,
    () => Promise.reject(new Error('there are no media')),
    () => {},
    never,
  )
async function ask(state: KvState, units: readonly Unit[], name = 'a'): Promise<number> {
  await state.enter(name, units, sequence, never)
  const kept = sequence.rewind(units)
  await append(units.slice(kept))
  return kept
}
/** The logits after units that are computed from the beginning. */
async function logitsAfter(units: readonly Unit[]): Promise<Float32Array> {
  const other = await NativeContext.create(runtime, model, CONTEXT_TOKENS, {})
  try {
    await append(units, new LanguageContext(other))
    return logitsAt(other.handle, -1)
  } finally {
    await other.free()
  }
}
/** Empties the context and enters a conversation as another process does. Returns how many of its units come from disk. */
async function restored(units: readonly Unit[], name = 'a'): Promise<number> {
  sequence.truncate(0)
  await open().enter(name, units, sequence, never)
  return sequence.length
}
const differs = (a: Float32Array, b: Float32Array) => a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)
/** Of logits up to 12, as of the reference: other runs of tokens are summed in another order; 3.3e-4 was seen. */
const MAX_ERROR = 1e-3

describe('a recurrent state is never cut back', () => {
  test('but goes back to a checkpoint, number for number, and what is computed again is known before', async () => {
    const units = turns(100, 70, 300, 4)
    await append(units)
    expect(sequence.checkpointsHeld.map(({ at }) => at)).toEqual([100, 170, 470])
    const other = [...units.slice(0, 420), ...turns(30)]
    const kept = sequence.kept(sequence.common(other))
    expect(kept).toBe(170)
    expect(sequence.rewind(other)).toBe(kept)
    await append(other.slice(kept))
    expect(differs(logitsAt(context.handle, -1), await logitsAfter(other))).toBeLessThan(MAX_ERROR)
    // llama.cpp refuses to remove a tail unless the state before it was put back, and takes a range within without a word
    expect(removed.filter(([, done]) => !done)).toEqual([])
  })

  test('nor left where a computation was stopped', async () => {
    const units = turns(100, 1500)
    await append(units.slice(0, 200))
    const stop = new AbortController()
    const stopped = sequence.append(
      units.slice(200),
      () => Promise.reject(new Error('there are no media')),
      () => {
        stop.abort(new Error('enough'))
        // so is native code made to stop within a slice
        runtime.abort.set(true)
      },
      stop.signal,
    )
    await expect(stopped).rejects.toThrow('enough')
    runtime.abort.set(false)
    await append(units.slice(sequence.length))
    expect(differs(logitsAt(context.handle, -1), await logitsAfter(units))).toBeLessThan(MAX_ERROR)
  })

  test('and the copies of it stay within their bound', async () => {
    for (let turn = 0; turn < 20; turn++) await append(turns(90, 90))
    expect(sequence.checkpointsHeld.length).toBeLessThanOrEqual(12)
    const { data } = sequence.checkpointsHeld[0]!
    // beside the numbers a few words on which there are
    expect(data.length - recurrentStateBytes(model.facts.recurrent!)).toBeLessThan(200)
  })
})

describe('saved with its recurrent state', () => {
  test('a conversation is there again, number for number, up to its end', async () => {
    const state = open()
    const units = turns(700, 800, 5)
    await ask(state, units)
    await state.save(sequence)
    await state.written()
    expect(await restored(units)).toBe(units.length)
    await append([{ token: 5 }])
    expect(differs(logitsAt(context.handle, -1), await logitsAfter([...units, { token: 5 }]))).toBeLessThan(MAX_ERROR)
  })

  test('it also goes on from before its last turns, where the end does not fit', async () => {
    const state = open()
    const units = turns(700, 300, 200, 5)
    await ask(state, units)
    await append([{ token: 9 }, { token: 9 }])
    await state.save(sequence)
    await state.written()
    for (const [same, expected] of [
      [1202, 1200],
      [1100, 1000],
    ] as const) {
      const other = [...units.slice(0, same), ...turns(40)]
      expect(await restored(other)).toBe(expected)
      expect(await ask(state, other, 'b')).toBe(expected)
      expect(differs(logitsAt(context.handle, -1), await logitsAfter(other))).toBeLessThan(MAX_ERROR)
    }
    // further back there is none: all is computed again, and nothing wrong is left
    const early = [...units.slice(0, 300), ...turns(40)]
    expect(await restored(early)).toBe(0)
    await append(early)
    expect(differs(logitsAt(context.handle, -1), await logitsAfter(early))).toBeLessThan(MAX_ERROR)
  })

  test('a longer conversation writes what is new, and has no more recurrent states than slots', async () => {
    const state = open()
    let units = turns(300, 5)
    for (let turn = 0; turn < 6; turn++) {
      await ask(state, units)
      await state.save(sequence)
      await state.written()
      units = [...units, ...turns(60, 5)]
    }
    await ask(state, units)
    await state.save(sequence)
    await state.written()
    expect(await restored(units)).toBe(units.length)
    const store = new KvStateStore(new DiskCache(states, 1 << 30, 'series'), 'model')
    expect(await store.loadState('a', '', STATE_SLOTS - 1)).not.toBeNull()
    expect(await store.loadState('a', '', STATE_SLOTS)).toBeNull()
  })

  test('a conversation of which a piece is gone is computed again', async () => {
    const state = open()
    const units = turns(1500, 1500, 5)
    await ask(state, units)
    await state.save(sequence)
    await state.written()
    const disk = new DiskCache(states, 1 << 30, 'series')
    const get = disk.get.bind(disk)
    disk.get = (group, key, index) =>
      key.endsWith('recurrent') || index === 0 ? get(group, key, index) : Promise.resolve(null)
    sequence.truncate(0)
    const next = new KvState(new KvStateStore(disk, 'model'))
    expect(await ask(next, units)).toBe(0)
    expect(differs(logitsAt(context.handle, -1), await logitsAfter(units))).toBeLessThan(MAX_ERROR)
  })

  describe('in parts, of which the last are not there', () => {
    let units: Unit[]
    /** What a next process has told when it entered the conversation. */
    const entered: unknown[] = []
    /** The state of a next process, which reads pieces of the conversation with `load`. */
    function openReading(load: (index: number, read: () => Promise<StatePiece | null>) => Promise<StatePiece | null>) {
      const store = new KvStateStore(new DiskCache(states, 1 << 30, 'series'), 'model')
      const read = store.load.bind(store)
      store.load = (name, variant, index) => load(index, () => read(name, variant, index))
      const next = new KvState(store)
      next.report = { unsaved: (why) => expect.fail(why), entered: (found) => entered.push(found) }
      sequence.truncate(0)
      return next
    }
    async function goesOnFrom(next: KvState, place: number): Promise<void> {
      expect(await ask(next, units)).toBe(place)
      expect(entered).toEqual([{ tokens: place, wanted: units.length, why: 'parts missing' }])
      expect(differs(logitsAt(context.handle, -1), await logitsAfter(units))).toBeLessThan(MAX_ERROR)
      // and is whole again once it is saved
      await next.save(sequence)
      await next.written()
      expect(await restored(units)).toBe(units.length)
    }
    beforeEach(async () => {
      entered.length = 0
      units = turns(700, 300, 200, 5)
      const state = open()
      await ask(state, units)
      await state.save(sequence)
      await state.written()
    })

    test('a conversation goes on from an earlier state', async () => {
      const next = openReading((index, read) => (index < 1 ? read() : Promise.resolve(null)))
      await goesOnFrom(next, 1000)
    })

    test('because another branch was written over them, so does it', async () => {
      const state = open()
      await ask(state, [...units.slice(0, 1000), ...turns(300).slice(100)])
      await state.save(sequence)
      await state.written()
      await goesOnFrom(
        openReading((_, read) => read()),
        1000,
      )
    })

    test('because Stop came between, nothing is left that lacks its recurrent state', async () => {
      const stop = new AbortController()
      const next = openReading((index, read) => {
        if (index < 1) return read()
        stop.abort(new Error('enough'))
        return new Promise(() => {})
      })
      await expect(next.enter('a', units, sequence, stop.signal)).rejects.toThrow('enough')
      expect(sequence.length).toBe(0)
    })
  })

  test('a conversation that was removed leaves nothing', async () => {
    const state = open()
    await ask(state, turns(600, 5))
    await state.save(sequence)
    await state.forget('a')
    await new DiskCache(states, 1 << 30).deleteGroups(['a'])
    expect(readdirSync(states)).toEqual([])
  })
})
