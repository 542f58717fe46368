export { addFiles, askWith, rescueDraft } from './actions.ts'
export { Composer } from './Composer.tsx'
export { keepDrafts } from './saving.ts'
export { DropTarget } from './Composer.tsx'
