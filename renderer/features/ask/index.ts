export { addFiles, askWith } from './actions.ts'
export { Composer } from './Composer.tsx'
export { DropTarget } from './DropTarget.tsx'
