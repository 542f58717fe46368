import { afterEach, describe, expect, test } from 'vitest'
import { demoModel, requestOf, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { inspectModel } from '../gguf/inspectModel.ts'
import { Aborted } from './aborted.ts'
import { LanguageModel } from './language/languageModel.ts'
import { ModelHost } from './modelHost.ts'
import { createRuntime } from './native/runtime.ts'
import type { Runtime } from './native/runtime.ts'
import { Planner } from './planner.ts'
import { Session } from './session.ts'

const never = new AbortController().signal
const silent = { seen: () => {}, progress: () => {}, text: () => {}, reasoning: () => {}, reasoned: () => {} }
const native = createRuntime()
const folder = tempFolder()
afterEach(() => folder.remove())

/** The runtime with some of llama.cpp's functions replaced, and counts of what is made and freed. */
function counting(replaced: Partial<Runtime['llama']> = {}) {
  const alive = { models: 0, contexts: 0, samplers: 0 }
  const { llama } = native
  const counted: Partial<Runtime['llama']> = {
    modelLoad: async (...args) => {
      const handle = await llama.modelLoad(...args)
      if (handle) alive.models++
      return handle
    },
    modelFree: async (handle) => {
      alive.models--
      await llama.modelFree(handle)
    },
    contextInit: async (...args) => {
      alive.contexts++
      return llama.contextInit(...args)
    },
    contextFree: async (handle) => {
      alive.contexts--
      await llama.contextFree(handle)
    },
    samplerChainInit: (params) => {
      alive.samplers++
      return llama.samplerChainInit(params)
    },
    samplerFree: (chain) => {
      alive.samplers--
      llama.samplerFree(chain)
    },
  }
  const runtime = Object.create(native, { llama: { value: { ...llama, ...counted, ...replaced } } }) as Runtime
  return { runtime, alive, counted }
}

describe('native memory is freed', () => {
  test('of a model whose load is cancelled after its last report, before it returns', async () => {
    const { runtime, alive, counted } = counting()
    const abort = new AbortController()
    const late = Object.create(runtime, {
      llama: {
        value: {
          ...runtime.llama,
          modelLoad: async (...args: Parameters<Runtime['llama']['modelLoad']>) => {
            const handle = await counted.modelLoad!(...args)
            abort.abort(new Aborted())
            return handle
          },
        },
      },
    }) as Runtime
    const { text } = await inspectModel(demoModel)
    await expect(LanguageModel.load(late, demoModel.textPath, text, () => {}, abort.signal)).rejects.toThrow(Aborted)
    expect(alive.models).toBe(0)
  })

  test.each([
    ['a copy of the KV state cannot be made', { stateSize: () => 2 ** 53 }],
    [
      'the KV cache cannot be copied',
      {
        memorySeqCopy: () => {
          throw new Error('no')
        },
      },
    ],
  ] as const)('of a model that is unloaded when %s', async (_, replaced) => {
    const { runtime, alive } = counting(replaced)
    const host = new ModelHost(() => {})
    host.configure({ cachePath: folder.path, backend: 'cpu', skip: [] })
    host.runtime = runtime
    const { loaded } = await host.load(1, demoModel, { contextTokens: 1024 }, silent, never)
    const long = requestOf([user('a circle and a square '.repeat(30))], { maxTokens: 2 })
    await loaded.answer({ request: long, conversation: 'a' }, silent, never, 0)
    expect(alive).toEqual({ models: 1, contexts: 1, samplers: 0 })
    await host.unload().catch(() => {})
    expect(alive).toEqual({ models: 0, contexts: 0, samplers: 0 })
  })

  test('of a session that cannot be completed', async () => {
    const { runtime, alive } = counting()
    const buffers = { made: 0, freed: 0 }
    const watched = Object.create(runtime, {
      ggml: {
        value: {
          ...native.ggml,
          allocCtxTensors: (...args: Parameters<Runtime['ggml']['allocCtxTensors']>) => {
            buffers.made++
            return native.ggml.allocCtxTensors(...args)
          },
          bufferFree: (buffer: bigint | null) => {
            buffers.freed++
            native.ggml.bufferFree(buffer)
          },
        },
      },
      // names what is kept on disk, which is opened last
      release: {
        get: () => {
          throw new Error('no')
        },
      },
    }) as Runtime
    const planner = await Planner.create(watched, demoModel, { contextTokens: 1024 })
    await expect(Session.load(watched, planner, folder.path, () => {}, never)).rejects.toThrow('no')
    expect(alive.models).toBe(0)
    expect(buffers).toEqual({ made: 1, freed: 1 })
  })

  test('of the samplers of a batch that is stopped while a prompt is computed', async () => {
    const abort = new AbortController()
    const { runtime, alive } = counting({
      decode: async (...args) => {
        abort.abort(new Aborted())
        return native.llama.decode(...args)
      },
    })
    const planner = await Planner.create(runtime, demoModel, { contextTokens: 1024 })
    const session = await Session.load(runtime, planner, null, () => {}, never)
    const long = requestOf([user('a circle and a square '.repeat(150))], { contextTokens: 1024 })
    const ends = { giveWay: async () => {}, onReasoning: () => {}, onText: () => {}, onEnd: () => {} }
    await expect(session.batch([long, long], 2, ends, abort.signal)).rejects.toThrow(Aborted)
    expect(alive.samplers).toBe(0)
    await session[Symbol.asyncDispose]()
    expect(alive).toEqual({ models: 0, contexts: 0, samplers: 0 })
  })

  test('once: a sampler whose answer ended at its first token, which could not be told', async () => {
    const freed = new Set<unknown>()
    let again = 0
    const { runtime } = counting({
      // a second time would end this process
      samplerFree: (chain) => {
        if (freed.has(chain)) again++
        else native.llama.samplerFree(chain)
        freed.add(chain)
      },
    })
    const planner = await Planner.create(runtime, demoModel, { contextTokens: 1024 })
    const session = await Session.load(runtime, planner, null, () => {}, never)
    const short = requestOf([user('a circle')], { contextTokens: 1024, maxTokens: 1 })
    const told: string[] = []
    const ends = {
      giveWay: async () => {},
      onReasoning: () => {},
      onText: () => {},
      onEnd: (index: number, end: object) => {
        if (told.push(`${index} ${'finishReason' in end}`) === 1) throw new Error('the channel is closed')
      },
    }
    await session.batch([short, short], 1, ends, never)
    expect(told).toEqual(['0 true', '0 false', '1 true'])
    expect([freed.size, again]).toEqual([2, 0])
    await session[Symbol.asyncDispose]()
  })
})
