import { create } from 'zustand'
import type { ErrorInfo, Examination, Repository } from '#contract'
import { toAppError } from '../../../lib/errors.ts'
import { call } from '../../../lib/rpc.ts'

/** The findings from the headers of a language model and its projectors; both are null while they are read. */
export interface Examined {
  readonly examination: Examination | null
  readonly error: ErrorInfo | null
}

interface RepositoryState {
  /** The text in the field. */
  readonly typed: string
  readonly isAsking: boolean
  readonly error: ErrorInfo | null
  readonly repository: Repository | null
  /** Paths of what is chosen; a projector of null: text only. */
  readonly text: string | null
  readonly projector: string | null
  /** Whether the projector was chosen by hand. */
  readonly isProjectorChosen: boolean
  /** By the path of the language model. */
  readonly examined: Readonly<Record<string, Examined>>
}

const nothing = {
  isAsking: false,
  error: null,
  repository: null,
  text: null,
  projector: null,
  isProjectorChosen: false,
  examined: {},
}

/** The repository that somebody looks at; it stays when the page is left. */
export const useRepository = create<RepositoryState>(() => ({ typed: '', ...nothing }))

let asking: AbortController | null = null

/** Whether a projector can go with the language model, as far as its header was read. */
export const isUsable = (sheet: Examination['projectors'][number] | undefined): boolean =>
  sheet?.verdict === 'fits' || sheet?.verdict === 'unsure'

/** Asks for what is typed and has the usual pair of it looked at; a failure is kept in the store. */
export async function askRepository(): Promise<void> {
  const address = useRepository.getState().typed.trim()
  if (address === '') return
  asking?.abort()
  const controller = (asking = new AbortController())
  useRepository.setState({ ...nothing, isAsking: true })
  try {
    const repository = await call((core) => core.catalogue.repository({ address }, { signal: controller.signal }))
    if (controller.signal.aborted) return
    const { text, projector } = repository
    useRepository.setState({ ...nothing, repository, text, projector })
    if (text !== null) void examine(text)
  } catch (thrown) {
    if (!controller.signal.aborted) useRepository.setState({ ...nothing, error: toAppError(thrown).toInfo() })
  }
}

/** Puts the repository away. */
export function closeRepository(): void {
  asking?.abort()
  useRepository.setState({ typed: '', ...nothing })
}

/** Takes another of the language models and has it looked at. */
export function chooseText(path: string): void {
  useRepository.setState({ text: path })
  const known = useRepository.getState().examined[path]
  if (!known || known.error) void examine(path)
}

export const chooseProjector = (path: string | null): void =>
  useRepository.setState({ projector: path, isProjectorChosen: true })

/**
 * Reads the headers of a language model and of the projectors; a projector that does not fit gives way to one that
 * does.
 */
export async function examine(text: string): Promise<void> {
  const { repository } = useRepository.getState()
  if (!repository) return
  const set = (entry: Examined) =>
    useRepository.setState((state) =>
      state.repository === repository ? { examined: { ...state.examined, [text]: entry } } : {},
    )
  set({ examination: null, error: null })
  try {
    const examination = await call((core) => core.catalogue.examine({ repositoryId: repository.id, text }))
    set({ examination, error: null })
    useRepository.setState((state) => {
      if (state.repository !== repository || state.text !== text || state.isProjectorChosen) return {}
      const chosen = examination.projectors.find(({ path }) => path === state.projector)
      const fitting = examination.projectors.find(({ verdict }) => verdict === 'fits')
      if (chosen?.verdict === 'fits' || (isUsable(chosen) && !fitting)) return {}
      return { projector: (fitting ?? examination.projectors.find(isUsable))?.path ?? null }
    })
  } catch (thrown) {
    set({ examination: null, error: toAppError(thrown).toInfo() })
  }
}
