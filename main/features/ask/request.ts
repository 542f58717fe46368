import type { Message, Model, Part, Settings } from '#contract'
import type { AttachmentGateway } from '../../services/attachments/index.ts'
import type { AnswerRequest, ChatMessage, ChatPart } from '../../services/engine/index.ts'

/** A message as the engine needs it: who says what. */
export type Turn = Pick<Message, 'role' | 'parts'>

/** What the engine is asked: the turns after the user's system prompt, with the user's settings over the model's defaults. */
export function toRequest(turns: readonly Turn[], model: Model, settings: Settings, attachments: Pick<AttachmentGateway, 'pathOf'>): AnswerRequest {
  const { budget, contextTokens, maxTokens, sampling } = model.defaults
  const content = (part: Part): ChatPart =>
    part.type === 'text' ? part : { type: 'image', source: { path: attachments.pathOf(part.attachment.sha) }, ...part.budget }
  const system: ChatMessage[] = settings.systemPrompt.trim() ? [{ role: 'system', content: [{ type: 'text', text: settings.systemPrompt }] }] : []
  const said = turns
    .map(({ role, parts }): ChatMessage => ({ role, content: parts.filter((part) => part.type === 'image' || part.text !== '').map(content) }))
    .filter((message) => message.content.length > 0)
  return {
    model: { textPath: model.textPath, projectorPath: model.projectorPath },
    messages: [...system, ...said],
    budget: settings.budget ?? budget,
    contextTokens,
    maxTokens: settings.maxTokens ?? maxTokens,
    sampling: settings.sampling ?? sampling,
  }
}
