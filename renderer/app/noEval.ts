import { config } from 'zod'

/** The page's CSP forbids `eval`; without this the schemas would try it once and be reported. Imported before them. */
config({ jitless: true })
