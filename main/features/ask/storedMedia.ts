import type { AttachmentGateway } from '../../services/attachments/index.ts'
import type { FrameSets } from '../../services/videos/index.ts'

/** Where pictures and the frames of videos are. */
export interface StoredMedia {
  readonly attachments: Pick<AttachmentGateway, 'get' | 'pathOf'>
  readonly frames: Pick<FrameSets, 'get' | 'paths'>
}
