import { i18n } from '@lingui/core'

// Before any module with words in its constants, as the window itself does it; the English ones stand in the code.
i18n.loadAndActivate({ locale: 'en', messages: {} })
