export { picture } from './picture.ts'
export { prose } from './prose.ts'
