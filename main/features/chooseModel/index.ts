import type { Contract } from '#contract'
import type { HandlersOf } from '../../lib/handlers.ts'
import { createOffers } from './chooseModel.ts'
import type { OffersParts } from './chooseModel.ts'
import { createRepositories } from './repositories.ts'
import type { RepositoriesParts } from './repositories.ts'
import type { SourceTokens } from './tokens.ts'

export { createSourceTokens } from './tokens.ts'

export interface ChooseModelParts
  extends Omit<OffersParts, 'catalogue' | 'freeDiskBytes'>,
    Pick<RepositoriesParts, 'openHead'> {
  readonly catalogue: OffersParts['catalogue'] & RepositoriesParts['catalogue']
  readonly tokens: SourceTokens
}

/** Choosing a model to download: from the catalogue, or from a repository that is in none. */
export interface ChooseModel {
  /** Answers the window's calls about the catalogue. They throw as `Offers`, `Repositories` and `SourceTokens` say. */
  readonly procedures: HandlersOf<Contract>['catalogue']
}

/** Offers of the catalogue and of other repositories, judged for this computer, with the tokens for those that are gated. */
export function createChooseModel({ tokens, openHead, ...parts }: ChooseModelParts): ChooseModel {
  const offers = createOffers(parts)
  const repositories = createRepositories({ ...parts, openHead, hasRoom: (bytes) => offers.hasRoom(bytes) })
  return {
    procedures: {
      list: () => parts.catalogue.list(),
      machine: () => offers.machine(),
      offer: ({ entryId }, { signal }) => offers.offer(entryId, signal),
      fits: () => offers.fits(),
      recommend: (_, { signal }) => offers.recommend(signal),
      repository: ({ address }, { signal }) => repositories.repository(address, signal),
      examine: (wanted, { signal }) => repositories.examine(wanted, signal),
      tokens: () => tokens.kept(),
      setToken: ({ source, token }) => tokens.set(source, token),
    },
  }
}
