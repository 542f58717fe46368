import type { Message, Part, Settings } from '#contract'
import type { AttachmentGateway } from '../../services/attachments/index.ts'
import type { AnswerRequest, ChatMessage, ChatPart } from '../../services/engine/index.ts'
import type { Chosen } from '../../services/models/index.ts'

/** A message as the engine needs it: who says what. */
export type Turn = Pick<Message, 'role' | 'parts'>

/**
 * What the engine is asked: the turns after the system prompt. What the user chose for this model goes before the
 * settings, and these before the model's defaults.
 */
export function toRequest(turns: readonly Turn[], chosen: Chosen, settings: Settings, attachments: Pick<AttachmentGateway, 'pathOf'>): AnswerRequest {
  const { model, overrides, adapters, contextTokens, context } = chosen
  const { budget, maxTokens, sampling } = model.defaults
  const systemPrompt = overrides.systemPrompt ?? settings.systemPrompt
  const content = (part: Part): ChatPart =>
    part.type === 'text' ? part : { type: 'image', source: { path: attachments.pathOf(part.attachment.sha) }, ...part.budget }
  const system: ChatMessage[] = systemPrompt.trim() ? [{ role: 'system', content: [{ type: 'text', text: systemPrompt }] }] : []
  const said = turns
    .map(({ role, parts }): ChatMessage => ({ role, content: parts.filter((part) => part.type === 'image' || part.text !== '').map(content) }))
    .filter((message) => message.content.length > 0)
  return {
    model: { textPath: model.textPath, projectorPath: model.projectorPath },
    messages: [...system, ...said],
    budget: overrides.budget ?? settings.budget ?? budget,
    contextTokens,
    maxTokens: overrides.maxTokens ?? settings.maxTokens ?? maxTokens,
    sampling: overrides.sampling ?? settings.sampling ?? sampling,
    context,
    ...(adapters.length > 0 ? { lora: adapters } : {}),
  }
}
