export { createPdfReader } from './pdf.ts'
export type { DrawnPage, PageCount, PdfReader, PdfSource } from './pdf.ts'
