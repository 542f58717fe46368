import { TransNoContext } from '@lingui/react/server'
import type { TransProps } from '@lingui/react'
import type { ReactNode } from 'react'
import { i18n } from '../../lib/i18n.ts'

/** What the macros make of `<Trans>`. The language never changes while the window is open, so no context is needed for it. */
export const Trans = (props: TransProps): ReactNode => <TransNoContext {...props} lingui={{ i18n }} />
