import { ask } from './ask.ts'
import { benchmark } from './benchmark.ts'
import { capture } from './capture.ts'
import { catalogue } from './catalogue.ts'
import { conversations } from './conversations.ts'
import { diagnostics } from './diagnostics.ts'
import { pages } from './pages.ts'
import { downloads } from './downloads.ts'
import { drafts } from './drafts.ts'
import { engine } from './engine.ts'
import { exchange } from './exchange.ts'
import { folders } from './folders.ts'
import { gallery } from './gallery.ts'
import { host } from './host.ts'
import { inputs } from './inputs.ts'
import { attachments } from './media.ts'
import { library, modelFiles, models } from './models.ts'
import { presets } from './presets.ts'
import { profiles } from './profiles.ts'
import { settings } from './settings.ts'
import { videos } from './videos.ts'

/** Everything the window and the core say to each other. */
export const contract = {
  host,
  attachments,
  pages,
  inputs,
  engine,
  models,
  modelFiles,
  library,
  catalogue,
  downloads,
  benchmark,
  conversations,
  folders,
  gallery,
  exchange,
  ask,
  drafts,
  videos,
  capture,
  presets,
  profiles,
  settings,
  diagnostics,
}
export type Contract = typeof contract

export * from './conversations.ts'
export * from './ask.ts'
export * from './media.ts'
export * from './benchmark.ts'
export * from './capture.ts'
export * from './codecNames.ts'
export * from './catalogue.ts'
export * from './diagnostics.ts'
export * from './pages.ts'
export * from './downloads.ts'
export * from './drafts.ts'
export * from './engine.ts'
export * from './errors.ts'
export * from './said.ts'
export * from './exchange.ts'
export * from './folders.ts'
export * from './formats.ts'
export * from './gallery.ts'
export * from './host.ts'
export * from './inputs.ts'
export * from './models.ts'
export * from './modelSheets.ts'
export * from './pageRanges.ts'
export * from './presets.ts'
export * from './profiles.ts'
export * from './sampling.ts'
export * from './searching.ts'
export * from './shellMessages.ts'
export * from './settings.ts'
export * from './timeLine.ts'
export * from './untilAborted.ts'
export * from './videos.ts'
