export { LiveMenu } from './LivePanel.tsx'
export { LivePanel } from './LivePanel.tsx'
