import type { QuestionPart } from '#contract'
import { whenHost } from '../../lib/host.ts'
import { call } from '../../lib/rpc.ts'
import { upload } from '../../lib/upload.ts'

/** Where a question went: its conversation and its answer. */
export interface Asked {
  readonly conversationId: string
  readonly answerId: string
}

const NAME = 'Screenshot.png'

/**
 * Asks about a captured picture, which is stored with the first question; later ones go on with the same conversation.
 * Rejects with AppError.
 */
export function createAsking(png: Blob): (question: string) => Promise<Asked> {
  let conversationId: string | null = null
  return async (question) => {
    const parts: QuestionPart[] = [{ type: 'text', text: question }]
    if (conversationId === null) {
      const { sha, name } = await upload(await whenHost(), new File([png], NAME, { type: 'image/png' }))
      parts.unshift({ type: 'image', sha, name })
    }
    const sent = await call((core) => core.ask.send({ conversationId, parts }))
    conversationId = sent.conversationId
    return { conversationId: sent.conversationId, answerId: sent.answerId }
  }
}
