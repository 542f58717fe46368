export { createPdfReader } from './pdf.ts'
export type { DrawnPage, PdfReader, PdfSource } from './pdf.ts'
