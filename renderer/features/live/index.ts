export { LiveMenu } from './LiveMenu.tsx'
export { LivePanel } from './LivePanel.tsx'
