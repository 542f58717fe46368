import { createPdfReader } from '../../../lib/pdf/index.ts'
import type { PdfReader, PdfSource } from '../../../lib/pdf/index.ts'
import { checkRatio, openPicture, sniff } from '../../../lib/picture/index.ts'
import { readHead } from '../../../lib/video/container.ts'

const isPdf = async ({ path }: PdfSource): Promise<boolean> => sniff(await readHead(path)) === 'pdf'

/** Reads pages of any file that has some: those of a PDF are drawn, as is an SVG drawing, those of a TIFF are as large as they are. */
export function createPageReader(): PdfReader {
  const pdfs = createPdfReader()
  return {
    pages: async (source) => {
      if (await isPdf(source)) return pdfs.pages(source)
      return { pages: (await openPicture(source)).pages ?? 1 }
    },
    draw: async (source, page, pixels, options) => {
      if (await isPdf(source)) return pdfs.draw(source, page, pixels, options)
      const picture = await openPicture({ ...source, page, pixels })
      checkRatio(picture, source.name)
      const drawn = await picture.decode()
      return { ...drawn, notes: picture.notes, lines: [] }
    },
    close: () => pdfs.close(),
  }
}
