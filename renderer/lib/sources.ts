import type { SourceName } from '#contract'

/** The name of a place that models are downloaded from, for people. */
export const sourceNames: Record<SourceName, string> = {
  huggingface: 'Hugging Face',
  mirror: 'your mirror',
  modelscope: 'ModelScope',
}
