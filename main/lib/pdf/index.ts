export { createPdfReader } from './pdf.ts'
export type { PdfPage, PdfReader, PdfSource } from './pdf.ts'
