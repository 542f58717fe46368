import { later } from '../../components/primitives/later.tsx'
import { openPage } from '../../lib/route.ts'

export const GalleryPage = later(() => import('./GalleryPage.tsx').then(({ GalleryPage }) => GalleryPage))

const PAGE = 'gallery'

/** Whether an address is that of the gallery. */
export const isGallery = (page: string | null): boolean => page === PAGE

export const openGallery = (): void => openPage(PAGE)
