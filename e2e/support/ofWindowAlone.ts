/**
 * Specs of what the window and the core do together, in which no shell takes part beyond carrying their messages. In Electron
 * they run as all others do. Its stand-in would show them to the same Chromium as the browser shell does, by the same page: a
 * third of an hour for nothing new.
 */
export const ofWindowAlone: readonly string[] = [
  'accessibility',
  'adapter',
  'answers',
  'compare',
  'composing',
  'contextFull',
  'enginePlan',
  'filing',
  'firstRun',
  'kinds',
  'longConversation',
  'modelInput',
  'modelSheet',
  'modelsDownload',
  'modelsPairing',
  'pageText',
  'points',
  'presets',
  'profiles',
  'qwen35',
  'qwen3vl',
  'repository',
  'search',
  'shelves',
  'starters',
  'structured',
  'thinking',
  'videoKinds',
].map((name) => `**/specs/${name}.spec.ts`)
