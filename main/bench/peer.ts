import { AppError } from '#contract'
import { startChild } from './childProcess.ts'
import type { Failed } from './childProcess.ts'

export type ToPeer =
  | { readonly op: 'load'; readonly textPath: string; readonly contextTokens: number; readonly threads: number }
  | { readonly op: 'run'; readonly tokens: readonly number[]; readonly generate: number }

export type FromPeer = { readonly type: 'ready' } | { readonly type: 'ran'; readonly run: PeerRun } | Failed

/** One greedy answer: the time of computing `prefilled` tokens of the prompt, and that from the first drawn token to the last. */
export interface PeerRun {
  readonly tokens: readonly number[]
  readonly prefilled: number
  readonly prefillMs: number
  readonly generationMs: number
}

/** node-llama-cpp's own API in a process of its own, with the model loaded. */
export interface Peer {
  /** Answers `tokens` with `generate` more, on past the end token; nothing of earlier runs is reused. */
  run(tokens: readonly number[], generate: number): Promise<PeerRun>
  close(): Promise<void>
}

/** @throws AppError EngineFailed when node-llama-cpp cannot load the model. */
export async function startPeer(options: { textPath: string; contextTokens: number; threads: number }): Promise<Peer> {
  const { ask, close } = startChild<ToPeer, FromPeer>(
    new URL('./nodeLlamaCpp.ts', import.meta.url),
    'node-llama-cpp, which the speed is compared with,',
  )
  try {
    await ask({ op: 'load', ...options })
  } catch (error) {
    await close()
    throw error
  }
  return {
    close,
    run: async (tokens, generate) => {
      const reply = await ask({ op: 'run', tokens, generate })
      if (reply.type !== 'ran')
        throw new AppError('EngineFailed', 'node-llama-cpp gave no answer to compare with. Run the benchmark again.')
      return reply.run
    },
  }
}
