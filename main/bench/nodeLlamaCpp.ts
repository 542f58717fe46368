import { getLlama } from 'node-llama-cpp'
import type { LlamaContextSequence, Token } from 'node-llama-cpp'
import { answerParent } from './childProcess.ts'
import type { FromPeer, PeerRun, ToPeer } from './peer.ts'

/** The process in which node-llama-cpp's own JavaScript API computes, to compare with: text only, on the CPU. */
let sequence: LlamaContextSequence | null = null
answerParent(answer)

async function answer(message: ToPeer): Promise<FromPeer> {
  if (message.op === 'run') return { type: 'ran', run: await run(message.tokens as Token[], message.generate) }
  const { textPath, contextTokens, threads } = message
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    maxThreads: threads,
    logger: () => {},
  })
  const model = await llama.loadModel({ modelPath: textPath, gpuLayers: 0 })
  const context = await model.createContext({
    contextSize: contextTokens,
    threads: { ideal: threads, min: threads },
    ignoreMemorySafetyChecks: true,
  })
  sequence = context.getSequence()
  return { type: 'ready' }
}

async function run(tokens: Token[], generate: number): Promise<PeerRun> {
  if (!sequence) throw new Error('No model is loaded')
  await sequence.clearHistory()
  const started = performance.now()
  // the last token of the prompt is computed with the first draw: the API returns no logits to draw from
  await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(0, -1))
  const prefillMs = performance.now() - started
  const generated: number[] = []
  let firstTokenAt = 0
  for await (const token of sequence.evaluate(tokens.slice(-1), { temperature: 0, yieldEogToken: true })) {
    firstTokenAt ||= performance.now()
    generated.push(token)
    if (generated.length === generate) break
  }
  return { tokens: generated, prefilled: tokens.length - 1, prefillMs, generationMs: performance.now() - firstTokenAt }
}
