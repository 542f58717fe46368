import type { AttachmentGateway, FrameSets } from '../../services/media/index.ts'

/** Where pictures and the frames of videos are. */
export interface StoredMedia {
  readonly attachments: Pick<AttachmentGateway, 'get' | 'pathOf'>
  readonly frames: Pick<FrameSets, 'get' | 'paths'>
}
