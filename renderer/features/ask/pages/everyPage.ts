import { t } from '@lingui/core/macro'
import { AppError, pageName, pageTitle } from '#contract'
import { announce } from '../../../lib/announce.ts'
import { toAppError } from '../../../lib/errors.ts'
import { keepPreset, presetIn } from '../../../lib/presets.ts'
import { jobIn, keepJob } from '../../../lib/profiles.ts'
import { call } from '../../../lib/rpc.ts'
import { keepThinking, thinkingIn } from '../../../lib/thinking.ts'
import { draftKey, draftOf, refuse, updateDraft } from '../draft.ts'
import { labelOf } from './choosing.ts'
import type { PageChoice } from './choosing.ts'
import { beginPageJob, closePageJob, usePageJob } from './pageJob.ts'

/**
 * Asks the same about each page, one after the other in one conversation; `onBegun` hears which where the first question began it. It ends
 * with the last answer, with one that is stopped or fails, and with `endPageJob`.
 */
export async function askEveryPage(
  { conversationId: into, file, labels }: PageChoice,
  pages: readonly number[],
  text: string,
  onBegun: (conversationId: string) => void,
): Promise<void> {
  const { sha, name } = file
  const { format } = draftOf(draftKey(into))
  const own = beginPageJob()
  let conversationId = into
  try {
    for (const [index, page] of pages.entries()) {
      const label = labelOf(page, labels)
      const job = { conversationId, page: pageTitle(page, label), nth: index + 1, total: pages.length }
      usePageJob.setState({ job })
      const stored = await call((core) => core.pages.takePage({ sha, name, page, budget: null })).catch(
        (thrown: unknown) => toAppError(thrown),
      )
      if (own.signal.aborted) break
      if (stored instanceof AppError) {
        const refusal = { key: crypto.randomUUID(), name: pageName(name, page, label), message: stored.message }
        updateDraft(draftKey(conversationId), (draft) => refuse(draft, refusal))
        continue
      }
      const parts = [
        { type: 'image' as const, sha: stored.sha, name: pageName(name, page, label) },
        { type: 'text' as const, text },
      ]
      const manner = { ...thinkingIn(conversationId), ...jobIn(conversationId), ...presetIn(conversationId) }
      const sent = await call((core) => core.ask.send({ conversationId, parts, format, ...manner }))
      if (conversationId === null) {
        keepThinking(sent.conversationId)
        keepJob(sent.conversationId)
        keepPreset(sent.conversationId)
        onBegun(sent.conversationId)
      }
      // the question is in the conversation now
      updateDraft(draftKey(into), (draft) => (draft.text.trim() === text ? { ...draft, text: '' } : draft))
      conversationId = sent.conversationId
      usePageJob.setState({ job: { ...job, conversationId } })
      if ((await answerOf(sent.answerId, own.signal)) !== 'complete') return
    }
    if (!own.signal.aborted) announce(t`The pages are asked about.`)
  } catch (thrown) {
    const error = toAppError(thrown).toInfo()
    updateDraft(draftKey(conversationId), (draft) => ({ ...draft, error }))
  } finally {
    closePageJob(own)
  }
}

/** How an answer ended. The oldest messages are left out of its prompt where the context is full; a signal stops it. */
async function answerOf(answerId: string, signal: AbortSignal): Promise<string> {
  const end = async (messageId: string) => {
    const stop = (): void => void call((core) => core.ask.stop({ messageId })).catch(() => {})
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    try {
      return await call((core) => core.ask.ended({ messageId }))
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
  const first = await end(answerId)
  if (first.error?.code !== 'ContextFull' || signal.aborted) return first.status
  const again = await call((core) => core.ask.retry({ messageId: answerId, remedy: 'turns' }))
  return (await end(again.answerId)).status
}
